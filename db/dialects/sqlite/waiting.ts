/** Waiting for another process, while everything else here goes on. */
import { isBusy } from "./connection.ts";

/** How long a statement or a transaction waits for other processes, and for its turn, in milliseconds. */
export const LOCK_TIMEOUT_MS = 5000;

/** The first tries follow each other closely: another process is mostly done within milliseconds. */
const PAUSES_MS = [1, 2, 5, 10];
const LONGEST_PAUSE_MS = 20;

/**
 * Does `work` as soon as no other connection is in its way.
 *
 * @param deadline on the clock of `performance.now()`; one try is made even when it has passed
 * @throws {Error} "database is locked", when it still is at the deadline
 */
export async function untilFree<Result>(work: () => Result, deadline: number): Promise<Result> {
  for (let tries = 0;; tries++) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[tries] ?? LONGEST_PAUSE_MS));
  }
}
