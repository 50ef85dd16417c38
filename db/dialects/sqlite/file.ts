/** The database's file, before SQLite opens it. */

/** For the program's own user alone: it holds everybody's records and the hashes of the keys. */
const MODE = 0o600;

/**
 * Makes the file, empty, when it is missing; SQLite gives `-wal` and `-shm` the same mode. One that is there keeps the
 * mode that somebody may have chosen for it.
 *
 * @throws {Deno.errors.NotFound} when its directory is missing
 */
export function makeFile(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: MODE }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
