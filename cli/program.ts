/** Runs what a command line asks for: a command, or the help of one. */
import { COMMANDS } from "./commands.ts";
import { helpFor } from "./commands/help.ts";
import { UsageError } from "./errors.ts";
import { findCommand, wordsBelow } from "./find_command.ts";
import { surroundings } from "./surroundings.ts";

/** Resolves to the exit code. What it throws ends the program with one line; see {@linkcode exitCodeOf}. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const found = findCommand(COMMANDS, namedCommand(args));
  const words = "command" in found ? found.command.name : found.group;
  if (asksForHelp(found.args)) {
    console.log(helpFor(COMMANDS, words === "" ? [] : words.split(" ")));
    return 0;
  }
  if ("command" in found) return await found.command.run(found.args, surroundings());
  const below = wordsBelow(COMMANDS, words).join(", ");
  throw new UsageError(`${words} lacks its second word: one of ${below} (see: pipekeep ${words} --help)`);
}

/** Without a word, it is the server; two flags that every program is tried with are commands here. */
function namedCommand(args: readonly string[]): readonly string[] {
  const [first] = args;
  if (first === "--help" || first === "-h") return ["help"];
  if (first === "--version") return ["version"];
  return first === undefined || first.startsWith("-") ? ["serve", ...args] : args;
}

/** What follows `--` is no flag. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}
