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
import { lockFile, makeFile } from "./file.ts";
import { foldLog, growLog } from "./log.ts";
import { isShortOfSpace, type MakeSpace, withSpace } from "./space.ts";
import { LOCK_TIMEOUT_MS, untilFree } from "./waiting.ts";
import { type CommitFault, Writer } from "./writer.ts";
import type { Tables } from "../../schema.ts";

export type { CommitFault } from "./writer.ts";

export interface OpenDatabaseOptions {
  commitFault?: CommitFault;
  /** Called when the disk is full; see {@linkcode MakeSpace}. */
  makeSpace?: MakeSpace;
  /**
   * Keep every other server away from the file until it is closed.
   * @default false
   */
  exclusive?: boolean;
}

/** Per connection, in KiB. */
const CACHE_SIZE = "cache_size = -16384";

interface Connections {
  writing: Connection;
  reading: Connection;
}

/**
 * Opens (or makes, with mode 0600) the database file with the settings that a confirmed deletion relies on: WAL,
 * `synchronous=FULL`, foreign keys. Whatever writes waits up to five seconds for other processes, and is tried again once
 * when the disk is full and `makeSpace` made some. Closing folds the write-ahead log into the file; the log keeps its space.
 *
 * @throws {Error} when the file cannot be opened, is no SQLite database, or (`exclusive`) another server has it
 */
export function openDatabase(path: string, options: OpenDatabaseOptions = {}): Database {
  const { makeSpace = () => false } = options;
  makeFile(path);
  const lock = options.exclusive ? lockFile(path) : undefined;
  if (options.exclusive && lock === undefined) throw new Error("another pipekeep server is running on it");
  let connections: Connections;
  try {
    connections = connect(path, makeSpace);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error;
  }
  const { writing, reading } = connections;
  const changes = new Changes(writing);
  const writer = new Writer({ connection: writing, changes }, options);
  const connected = { reader: reading, writer, makeSpace };
  const kysely = new Kysely<Tables>({
    dialect: new TwoConnectionDialect({ ...connected, sharesCommits: false }),
  });
  const sharing = new Kysely<Tables>({
    dialect: new TwoConnectionDialect({ ...connected, sharesCommits: true }),
  });
  const transaction = <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) =>
    withSpace(makeSpace, () => kysely.transaction().execute(work));
  return {
    kysely,
    transaction,
    shareCommit: (work) => withSpace(makeSpace, () => sharing.transaction().execute(work)),
    readArrays: ({ sql, parameters }) =>
      untilFree(() => reading.prepare(sql).readArrays(parameters), performance.now() + LOCK_TIMEOUT_MS),
    // The transaction's own lock is everybody's, and with it nothing can fail for being concurrent.
    decide: (lockIds, work) =>
      decide({ transact: (_lockIds, work) => transaction(work), asksAgain: () => false }, lockIds, work),
    changeToken: (...tables) => changes.token(tables),
    changeTokenSince: (since, ...tables) => changes.token(tables, since),
    close: async () => {
      await Promise.all([kysely.destroy(), sharing.destroy()]);
      foldLog(writing, path);
      writing.close();
      // Last: one that may not write leaves the log as it is, where the other would remove it.
      reading.close();
      lock?.[Symbol.dispose]();
    },
  };
}

function connect(path: string, makeSpace: MakeSpace): Connections {
  try {
    return openBoth(path);
  } catch (error) {
    if (!isShortOfSpace(error) || !makeSpace()) throw error;
    return openBoth(path);
  }
}

function openBoth(path: string): Connections {
  const opened: Connection[] = [];
  const open = (readOnly: boolean, ...pragmas: string[]) => {
    const connection = new Connection(path, {
      readOnly,
      pragmas: [...pragmas, "temp_store = MEMORY", CACHE_SIZE],
    });
    opened.unshift(connection);
    return connection;
  };
  try {
    const writing = open(false, "journal_mode = WAL", "synchronous = FULL");
    const reading = open(true);
    growLog(writing, path);
    return { writing, reading };
  } catch (error) {
    for (const connection of opened) connection.close();
    throw error;
  }
}
