import metadata from "../deno.json" with { type: "json" };

/** Prints the program's version, and that of its runtime. */
export function version(): number {
  console.log(`pipekeep ${metadata.version} (deno ${Deno.version.deno})`);
  return 0;
}
