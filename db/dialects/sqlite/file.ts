/** The database's file, before SQLite opens it, and the lock beside it. */

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

/**
 * Takes the lock that one server holds on a database file, in `<file>.lock`: whatever path leads to it. It goes with the
 * process, however that ends. Commands that only read and write rows need none. (Not in the file itself: closing it a
 * second time would let go of SQLite's own locks.)
 *
 * @param path of a file that is there
 * @returns what holds the lock until it is disposed of; undefined when another server has it
 */
export function lockFile(path: string): Disposable | undefined {
  const lock = Deno.openSync(`${Deno.realPathSync(path)}.lock`, { write: true, create: true, mode: MODE });
  if (!lock.tryLockSync(true)) {
    lock.close();
    return undefined;
  }
  return {
    [Symbol.dispose]() {
      // A process that is being started may hold a copy of the descriptor for a moment.
      lock.unlockSync();
      lock.close();
    },
  };
}
