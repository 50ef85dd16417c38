/**
 * SQLite behind Kysely, through the runtime's own `node:sqlite`: one connection that writes, and one that only reads
 * and is never held up by it.
 *
 * @module
 */
import { Kysely, type Transaction } from "kysely";
import type { Database } from "../../database.ts";
import { decide } from "../../decide.ts";
import { Changes } from "./changes.ts";
import { Connection } from "./connection.ts";
import { TwoConnectionDialect } from "./driver.ts";
import { makeFile } from "./file.ts";
import { LOCK_TIMEOUT_MS, untilFree } from "./waiting.ts";
import { type CommitFault, Writer } from "./writer.ts";
import type { Tables } from "../../schema.ts";

export type { CommitFault } from "./writer.ts";

export interface OpenDatabaseOptions {
  commitFault?: CommitFault;
}

/** Per connection, in KiB. */
const CACHE_SIZE = "cache_size = -16384";

/**
 * Opens (or makes, with mode 0600) the database file with the settings that a confirmed deletion relies on: WAL,
 * `synchronous=FULL`, foreign keys. Whatever writes waits up to five seconds for other processes. Closing folds the
 * write-ahead log into the file.
 *
 * @throws {Error} when the file cannot be opened or is no SQLite database
 */
export function openDatabase(path: string, options: OpenDatabaseOptions = {}): Database {
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
  const changes = new Changes(writing);
  const writer = new Writer(writing, changes, options.commitFault);
  const kysely = new Kysely<Tables>({ dialect: new TwoConnectionDialect(reading, writer) });
  const sharing = new Kysely<Tables>({
    dialect: new TwoConnectionDialect(reading, writer, { sharesCommits: true }),
  });
  const transaction = <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) =>
    kysely.transaction().execute(work);
  return {
    kysely,
    transaction,
    shareCommit: (work) => sharing.transaction().execute(work),
    readArrays: ({ sql, parameters }) =>
      untilFree(() => reading.prepare(sql).readArrays(parameters), performance.now() + LOCK_TIMEOUT_MS),
    // The transaction's own lock is everybody's, and with it nothing can fail for being concurrent.
    decide: (lockIds, work) =>
      decide({ transact: (_lockIds, work) => transaction(work), asksAgain: () => false }, lockIds, work),
    changeToken: (...tables) => changes.token(tables),
    changeTokenSince: (since, ...tables) => changes.token(tables, since),
    close: async () => {
      await Promise.all([kysely.destroy(), sharing.destroy()]);
      reading.close();
      try {
        writing.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      } catch { /* another process reads: the next opener checkpoints */ }
      writing.close();
    },
  };
}
