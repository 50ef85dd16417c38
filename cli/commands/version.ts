import metadata from "../../deno.json" with { type: "json" };
import { command } from "../command.ts";

export const version = command({
  name: "version",
  summary: "print the version, and that of the runtime",
  run() {
    console.log(`pipekeep ${metadata.version} (deno ${Deno.version.deno})`);
  },
});
