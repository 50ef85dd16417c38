/** Lock, look, write; and where the commit's answer was lost, ask what stands. */
import { CommitInDoubt, type Database } from "../db/database.ts";
import type { Transaction } from "kysely";
import type { Tables } from "../db/schema.ts";
import { PipekeepError } from "../domain/errors.ts";

/** How {@linkcode decideAndAsk} is told what to write and how to find it again. */
export interface Decision<Result> {
  /**
   * See {@linkcode Database.decide}.
   * @default none
   */
  lockIds?: readonly string[];
  /**
   * Work that waits for nothing but its own statements: see {@linkcode Database.shareCommit}. Nothing is locked then.
   * @default false
   */
  sharesCommit?: boolean;
  work: (trx: Transaction<Tables>) => Promise<Result>;
  /** Whether what `work` wrote stands; undefined when that cannot be told, as when others have changed it since. */
  stands: (written: Result) => Promise<boolean | undefined>;
}

/**
 * Returns what `work` returned, once that is known to stand.
 *
 * @throws {PipekeepError} storage_failed, when the commit was lost: nothing stands
 * @throws {CommitInDoubt} when it cannot be told
 */
export async function decideAndAsk<Result>(
  database: Database,
  { lockIds = [], sharesCommit = false, work, stands }: Decision<Result>,
): Promise<Result> {
  let written: { result: Result } | undefined;
  try {
    const noting = async (trx: Transaction<Tables>) => {
      const result = await work(trx);
      written = { result };
      return result;
    };
    return await (sharesCommit ? database.shareCommit(noting) : database.decide(lockIds, noting));
  } catch (error) {
    if (!(error instanceof CommitInDoubt) || written === undefined) throw error;
    const { result } = written;
    const isThere = await stands(result);
    if (isThere === undefined) throw error;
    if (!isThere) {
      throw new PipekeepError("storage_failed", "the database did not keep what was written", {}, error);
    }
    return result;
  }
}

/** Whether two reads of whole rows, in one order of columns, found the same. Node's own comparison takes a start some ms. */
export function isSameRow(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
