/** Words on the command line → a command. The only place that exits. */
import { exitCodeOf } from "./cli/errors.ts";
import { printable } from "./cli/printable.ts";
import { runProgram } from "./cli/program.ts";

async function run(args: readonly string[]): Promise<number> {
  try {
    return await runProgram(args);
  } catch (error) {
    console.error(`pipekeep: ${printable(error instanceof Error ? error.message : String(error))}`);
    return exitCodeOf(error);
  }
}

if (import.meta.main) Deno.exit(await run(Deno.args));
