/**
 * SQLite behind Kysely, through the runtime's own `node:sqlite`: one connection that writes, and one that only reads
 * and is never held up by it.
 *
 * @module
 */
import { Kysely } from "kysely";
import { Connection } from "./connection.ts";
import { TwoConnectionDialect } from "./driver.ts";
import { makeFile } from "./file.ts";
import { Writer } from "./writer.ts";
import type { Database } from "../../database.ts";
import type { Tables } from "../../schema.ts";

/** Per connection, in KiB. */
const CACHE_SIZE = "cache_size = -16384";

/**
 * Opens (or makes, with mode 0600) the database file with the settings that a confirmed deletion relies on: WAL,
 * `synchronous=FULL`, foreign keys. Whatever writes waits up to five seconds for other processes.
 *
 * @throws {Error} when the file cannot be opened or is no SQLite database
 */
export function openDatabase(path: string): Database {
  makeFile(path);
  const writing = new Connection(path, {
    readOnly: false,
    pragmas: ["journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY", CACHE_SIZE],
  });
  let reading: Connection;
  try {
    reading = new Connection(path, { readOnly: true, pragmas: ["temp_store = MEMORY", CACHE_SIZE] });
  } catch (error) {
    writing.close();
    throw error;
  }
  const kysely = new Kysely<Tables>({ dialect: new TwoConnectionDialect(reading, new Writer(writing)) });
  return {
    kysely,
    decide: (_ids, fn) => kysely.transaction().execute(fn),
    // To the reader, a commit of the writer is one by somebody else, too.
    changeToken: () => JSON.stringify(reading.execute("PRAGMA data_version").rows),
    close: async () => {
      await kysely.destroy();
      reading.close();
      try {
        writing.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      } catch { /* another process reads: the next opener checkpoints */ }
      writing.close();
    },
  };
}
