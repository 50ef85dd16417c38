/** Lock, look, write: the part of {@linkcode Database.decide} that is the same for every engine. */
import { CommitInDoubt } from "./database.ts";

/** How often `work` is done at most. */
const TRIES = 5;

export interface Engine<Trx> {
  /** One try, in a transaction of its own. @param lockIds in the order in which everybody locks, each once */
  transact<Result>(lockIds: readonly string[], work: (trx: Trx) => Promise<Result>): Promise<Result>;
  /** Whether an error asks for another try, as a failed serialization or a deadlock does. */
  asksAgain(error: unknown): boolean;
}

/** @throws {CommitInDoubt} at the first; it is never tried again, since it may stand */
export async function decide<Trx, Result>(
  engine: Engine<Trx>,
  lockIds: readonly string[],
  work: (trx: Trx) => Promise<Result>,
): Promise<Result> {
  const inOrder = [...new Set(lockIds)].sort();
  for (let tries = 1;; tries++) {
    try {
      return await engine.transact(inOrder, work);
    } catch (error) {
      if (error instanceof CommitInDoubt || tries === TRIES || !engine.asksAgain(error)) throw error;
    }
  }
}
