/** What the commands on the host itself share: the database they work on, and `--json`. */
import { join } from "node:path";
import type { Database } from "../db/database.ts";
import { pathFlag, switchFlag } from "./flags.ts";

/** The file of {@linkcode DATABASE_FLAGS}; the server's flag is the same. */
export const databaseFlag = {
  ...pathFlag("database", {
    variable: "PIPEKEEP_DATABASE",
    help: "the SQLite file",
    default: (around) => join(around.base_folder, "pipekeep.db"),
    defaultText: "pipekeep.db in the base folder",
  }),
  allowed: "the path of a SQLite file",
  read: (text: string) => text === "" || /^\w+:\/\//.test(text) ? undefined : text,
};

export const DATABASE_FLAGS = {
  database: databaseFlag,
  json: switchFlag("json", { help: "print JSON" }),
};

/** Prints the object with `--json`, else the text. */
export type Print = (object: unknown, text: string) => void;

/** Runs `body` on the database, whether a server runs on it or not. @throws {PipekeepError} storage_failed */
export async function onDatabase(
  { database: path, json }: { database: string; json: boolean },
  body: (database: Database, print: Print) => Promise<void>,
): Promise<void> {
  const { openStore } = await import("../services/open_store.ts");
  const database = await openStore(path);
  try {
    await body(database, (object, text) => console.log(json ? JSON.stringify(object) : text));
  } finally {
    await database.close();
  }
}
