/**
 * The size of the write-ahead log. It is grown before it is needed and keeps its space when the database is closed: on a full
 * disk SQLite then writes into space that it has already.
 *
 * @module
 */
import { type Connection, isBusy } from "./connection.ts";

/** What SQLite lets it come to before it is folded into the file: a thousand pages. */
const LOG_BYTES = 4 * 1024 * 1024;
const SMALL_CACHE_PAGES = 16;
/** What of the growth stays in the cache at most: generous. */
const KEPT_IN_CACHE_BYTES = 256 * 1024;
/** Beyond this a log is given back to the disk when the database is closed. */
const LONGEST_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Grows the log to four megabytes, unless another process holds the lock to write.
 *
 * @throws {Error} SQLITE_FULL
 */
export function growLog(connection: Connection, path: string): void {
  if (sizeOfLog(path) >= LOG_BYTES) return;
  try {
    writeAndTakeBack(connection);
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
}

/**
 * Folds the log into the file and leaves nothing in it that a database put in the file's place would take for its own. What
 * fails here is made up for by the next opener.
 */
export function foldLog(connection: Connection, path: string): void {
  try {
    const mode = sizeOfLog(path) > LONGEST_KEPT_BYTES ? "TRUNCATE" : "RESTART";
    const { rows: [result] } = connection.execute(`PRAGMA wal_checkpoint(${mode})`);
    // Another process still reads: it, or the next opener, folds the rest.
    if ((result as { busy: number }).busy !== 0) return;
    writeAndTakeBack(connection);
  } catch { /* see above */ }
}

/** Pages that a rollback takes back are in the log's file by then, and are worth nothing to whoever reads it. */
function writeAndTakeBack(connection: Connection): void {
  const { rows: [cache] } = connection.execute("PRAGMA cache_size");
  // With a cache this small SQLite writes pages out before a commit.
  connection.execute(`PRAGMA cache_size = ${SMALL_CACHE_PAGES}`);
  try {
    connection.execute("begin immediate");
    connection.execute("create table log_growth (space blob)");
    connection.execute(`insert into log_growth values (zeroblob(${LOG_BYTES + KEPT_IN_CACHE_BYTES}))`);
  } finally {
    if (connection.isInTransaction) connection.execute("rollback");
    connection.execute(`PRAGMA cache_size = ${(cache as { cache_size: number }).cache_size}`);
  }
}

function sizeOfLog(path: string): number {
  try {
    return Deno.statSync(`${path}-wal`).size;
  } catch {
    return 0;
  }
}
