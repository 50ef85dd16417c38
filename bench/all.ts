/**
 * `deno task bench`: every bench, one after the other, each with the flags that all of them take.
 *
 * @module
 */
/** Its packages are its own: nobody who starts the program has to fetch a PostgreSQL. */
const CLAIMS = "rivals/claims";

for (const bench of ["start", "list", "delete", "background", CLAIMS]) {
  const pathOf = (name: string) => new URL(name, import.meta.url).pathname;
  const config = bench === CLAIMS ? ["--config", pathOf("rivals/deno.json")] : [];
  const args = ["run", "--no-prompt", "-A", ...config, pathOf(`${bench}.ts`), ...Deno.args];
  const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (code !== 0) Deno.exit(code);
}
