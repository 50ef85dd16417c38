import { type Command, command } from "../command.ts";
import { UsageError } from "../errors.ts";
import { commandsOf, findCommand } from "../find_command.ts";
import { commandHelp, overview } from "../help.ts";

const ABOUT = `pipekeep keeps the records of a data pipeline's tasks and takes care of their directories

Usage: pipekeep [COMMAND] (without one: serve)`;

export const help = command({
  name: "help",
  summary: "print what there is, or all about one command",
  words: { command: { help: "such as: keys create", isOptional: true, isVariadic: true } },
  examples: [{ line: "help keys create" }],
  async run({ words }) {
    const { COMMANDS } = await import("../commands.ts");
    console.log(helpFor(COMMANDS, words.command));
  },
});

/**
 * The help of the command that `words` name, or of the commands below them; without words, of the program.
 *
 * @throws {UsageError} when they name none
 */
export function helpFor(commands: readonly Command[], words: readonly string[]): string {
  const found = findCommand(commands, words);
  if (found.args.length > 0) {
    throw new UsageError(`${JSON.stringify(found.args[0])} is one word too many: name one command`);
  }
  if ("command" in found) return commandHelp(found.command);
  return overview(commandsOf(commands, found.group), found.group === "" ? ABOUT : `pipekeep ${found.group}`);
}
