/**
 * `deno task bench`: every bench, one after the other, each with the flags that all of them take.
 *
 * @module
 */
for (const bench of ["start", "list", "delete", "background", "claims"]) {
  const script = new URL(`${bench}.ts`, import.meta.url).pathname;
  const args = ["run", "--no-prompt", "-A", script, ...Deno.args];
  const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (code !== 0) Deno.exit(code);
}
