/** What is done when the disk is full. */

/** Frees space that was kept for this moment. Returns whether there was any. */
export type MakeSpace = () => boolean;

const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
/** The shared memory beside the log could not grow. */
const SQLITE_IOERR_SHMSIZE = 4874;

/** Whether SQLite found the disk full; then nothing of the transaction stands. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === SQLITE_FULL || code === SQLITE_IOERR_SHMSIZE;
}

/** Whether opening a database may have failed for want of space: SQLite then says less of the reason. */
export function isShortOfSpace(error: unknown): boolean {
  return [SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN].includes(codeOf(error) % 256);
}

/** Whether space was made for an error: those that share a commit get the same one, and space is made once for all. */
const wasMade = new WeakMap<object, boolean>();

/** Does `work`, once more when the disk is full and space could be made. */
export async function withSpace<Result>(makeSpace: MakeSpace, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isFull(error)) throw error;
    const cause = error as object;
    if (!wasMade.has(cause)) wasMade.set(cause, makeSpace());
    if (!wasMade.get(cause)) throw error;
    return await work();
  }
}

function codeOf(error: unknown): number {
  return (error as { errcode?: number }).errcode ?? 0;
}
