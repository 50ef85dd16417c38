/** The words on the command line → the command that they name. */
import type { Command } from "./command.ts";
import { UsageError } from "./errors.ts";
import { didYouMean } from "./nearest.ts";

/** A command with the arguments that follow its name, or the commands below a word that is no command by itself. */
export type Found = { command: Command; args: readonly string[] } | {
  group: string;
  args: readonly string[];
};

/**
 * Goes along the words as far as they lead: `keys create --name x` is the command `keys create` with two arguments.
 *
 * @throws {UsageError} naming the nearest, when they lead nowhere
 */
export function findCommand(commands: readonly Command[], args: readonly string[]): Found {
  let path = "";
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const below = wordsBelow(commands, path);
    if (!below.includes(word)) {
      if (path !== "" && word.startsWith("-")) break;
      const name = JSON.stringify(join(path, word));
      const known = below.map((next) => join(path, next));
      throw new UsageError(
        `no command ${name}${didYouMean(join(path, word), known, `; there is ${known.join(", ")}`)}`,
      );
    }
    path = join(path, word);
    const command = commands.find(({ name }) => name === path);
    if (command !== undefined) return { command, args: args.slice(i + 1) };
  }
  return { group: path, args: args.slice(path === "" ? 0 : path.split(" ").length) };
}

/** The commands whose name begins with `group`; all of them for an empty one. */
export function commandsOf(commands: readonly Command[], group: string): Command[] {
  return commands.filter(({ name }) => group === "" || name.startsWith(`${group} `));
}

/** What may follow `path`. */
export function wordsBelow(commands: readonly Command[], path: string): string[] {
  const depth = path === "" ? 0 : path.split(" ").length;
  return [...new Set(commandsOf(commands, path).map(({ name }) => name.split(" ")[depth]!))];
}

function join(path: string, word: string): string {
  return path === "" ? word : `${path} ${word}`;
}
