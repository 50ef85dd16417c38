/** Libraries that are loaded before libc (LD_PRELOAD), so that calls of the system fail as they do on a dying disk. */
const HERE = new URL(".", import.meta.url).pathname;

/** Compiles `<name>.c` of this folder into `folder`. Returns the environment that a process needs to have it. */
export function compileShim(name: string, folder: string): Record<string, string> {
  const library = `${folder}/${name}.so`;
  const args = ["-shared", "-fPIC", "-O1", "-Wall", "-o", library, `${HERE}${name}.c`, "-ldl"];
  const { success, stderr } = new Deno.Command("gcc", { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return { LD_PRELOAD: library };
}

/** Why shims cannot be made here, or undefined. For the name of a test that is ignored then. */
export const noShims: string | undefined = (() => {
  if (Deno.build.os !== "linux") return "needs Linux";
  try {
    return new Deno.Command("gcc", { args: ["--version"] }).outputSync().success ? undefined : "needs gcc";
  } catch {
    return "needs gcc";
  }
})();
