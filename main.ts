/** Words on the command line → a subcommand. The only place that exits. */
import { getLogger } from "@logtape/logtape";
import { CommandError, EXIT_FAILED, EXIT_USAGE, exitCodeOf, UsageError } from "./cli/errors.ts";
import { help } from "./cli/help.ts";
import { keys } from "./cli/keys.ts";
import { projects } from "./cli/projects.ts";
import { serve } from "./cli/serve.ts";
import { printable } from "./cli/printable.ts";
import { version } from "./cli/version.ts";
import { PipekeepError } from "./domain/errors.ts";

const COMMANDS: Record<string, (args: string[]) => number | Promise<number>> = {
  serve,
  version,
  keys,
  projects,
  help,
};

async function run(args: string[]): Promise<number> {
  const [word, ...rest] = args;
  try {
    if (word === "--help" || word === "-h") return help();
    if (word === undefined || word.startsWith("-")) return await serve(args);
    const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
    if (command === undefined) {
      throw new UsageError(
        `no command ${JSON.stringify(word)}; there is ${Object.keys(COMMANDS).join(", ")}`,
      );
    }
    return await command(rest);
  } catch (error) {
    if (error instanceof UsageError) return fail(error, EXIT_USAGE);
    if (error instanceof CommandError) return fail(error, EXIT_FAILED);
    if (error instanceof PipekeepError) return fail(error, exitCodeOf(error.code));
    return fail(error, EXIT_FAILED);
  }
}

/** One line, whatever it was; its stack goes to the debug log, where there is one. */
function fail(error: unknown, exitCode: number): number {
  console.error(`pipekeep: ${printable(error instanceof Error ? error.message : String(error))}`);
  getLogger(["pipekeep", "main"]).debug("{error}", { error });
  return exitCode;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
