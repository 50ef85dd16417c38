/** What the commands on the host itself share: their words, the database they work on, `--json`. */
import { join } from "node:path";
import type { Database } from "../db/database.ts";
import { openStore } from "../services/app.ts";
import { surroundings } from "./config.ts";
import { UsageError } from "./errors.ts";
import { type Option, Options, switchOption, textOption } from "./options.ts";

const DATABASE = textOption("database", "PIPEKEEP_DATABASE");
const JSON_OUTPUT = switchOption("json");

export interface HostCommand {
  database: Database;
  options: Options;
  /** Words that are no flags, in their order. */
  words: string[];
  /** Prints the object with `--json`, else the text. */
  print(object: unknown, text: string): void;
}

/**
 * Runs `body` on the database, whether a server runs on it or not.
 *
 * @param usage what the command wants, for {@linkcode UsageError}
 * @param wanted how many words that are no flags
 */
export async function onDatabase(
  args: readonly string[],
  { flags = [], wanted = 0, usage }: { flags?: readonly Option<unknown>[]; wanted?: number; usage: string },
  body: (command: HostCommand) => Promise<void>,
): Promise<number> {
  const around = surroundings();
  const options = new Options(args, [DATABASE, JSON_OUTPUT, ...flags], around.environment, wanted > 0);
  if (options.words.length !== wanted) throw new UsageError(`usage: pipekeep ${usage}`);
  const isJson = options.get(JSON_OUTPUT, false);
  const database = await openStore(options.get(DATABASE, join(around.base_folder, "pipekeep.db")));
  try {
    await body({
      database,
      options,
      words: options.words,
      print: (object, text) => console.log(isJson ? JSON.stringify(object) : text),
    });
  } finally {
    await database.close();
  }
  return 0;
}
