/** The hash chain over the operation log (domain/seal.ts): rows that are final get their place in it, for good. */
import { sql } from "kysely";
import { isFinal } from "../../domain/deletion_states.ts";
import { type ChainEnd, type Seal, sealed } from "../../domain/seal.ts";
import type { Executor } from "../database.ts";
import { countUnsealedRows, idsIn, selectUnsealed, updateRows } from "../dialects/sqlite/statements.ts";
import type { DeletionRow } from "../schema.ts";

/**
 * Gives rows their places in the chain, by when they ended, as they are to be inserted. In the transaction that inserts
 * them: nobody else may reach the chain's end meanwhile.
 */
export async function seal<Row extends Ended>(trx: Executor, rows: readonly Row[]): Promise<(Row & Seal)[]> {
  if (rows.length === 0) return [];
  const end = await trx.selectFrom("deletion_chain").select(["sequence", "hash"]).executeTakeFirstOrThrow();
  const chained = sealed(rows.toSorted(byEnd), end);
  const { sequence, hash } = chained.at(-1)!;
  await trx.updateTable("deletion_chain").set({ sequence, hash }).execute();
  return chained;
}

/** Seals those of `deletionIds` that are final and not sealed yet. In the transaction that ends them. */
export async function sealDeletions(trx: Executor, deletionIds: readonly string[]): Promise<void> {
  // Chosen here and not by the statement, which would rather read everything that is unsealed.
  const rows = await trx.selectFrom("deletions").selectAll()
    .where("deletion_id", "in", idsIn(deletionIds)).execute();
  await writeSeals(trx, rows.filter((row) => row.sequence === null && isFinal(row.state)));
}

/** Writes the seals of rows that stand as they are to be. */
async function writeSeals(trx: Executor, rows: readonly DeletionRow[]): Promise<void> {
  if (rows.length === 0) return;
  const seals = (await seal(trx, rows)).map(({ deletion_id, sequence, previous_hash, hash }) => ({
    deletion_id,
    sequence,
    previous_hash,
    hash,
  }));
  await updateRows("deletions", "deletion_id", SEAL, seals).execute(trx);
}

/** Seals what an older program left, the first `limit` by when they ended. Returns how many that were. */
export async function sealOldest(trx: Executor, limit: number): Promise<number> {
  const { rows } = await selectUnsealed(limit).execute(trx);
  await writeSeals(trx, rows);
  return rows.length;
}

/** Whether any row is final and not sealed yet. */
export async function hasUnsealed(db: Executor): Promise<boolean> {
  return (await selectUnsealed(1).execute(db)).rows.length > 0;
}

/** The chain's end as it was written down, and the highest place that a row has; both of one moment. */
export async function findChainEnd(db: Executor): Promise<ChainEnd & { last: number }> {
  return await db.selectFrom("deletion_chain").select(["sequence", "hash"])
    .select(
      sql<number>`coalesce((select max(sequence) from deletions where sequence is not null), 0)`.as("last"),
    )
    .executeTakeFirstOrThrow();
}

/** How many rows are final and not sealed yet. */
export async function countUnsealed(db: Executor): Promise<number> {
  const { rows: [row] } = await countUnsealedRows().execute(db);
  return row!.n;
}

/** The first `limit` sealed rows behind `after`, in the chain's order. */
export function listSealed(db: Executor, after: number, limit: number): Promise<DeletionRow[]> {
  return db.selectFrom("deletions").selectAll()
    .where("sequence", "is not", null).where("sequence", ">", after)
    .orderBy("sequence").limit(limit).execute();
}

const SEAL: readonly (keyof Seal)[] = ["sequence", "previous_hash", "hash"];

type Ended = { deletion_id: string; finished_at: number | null };

function byEnd(a: Ended, b: Ended): number {
  return a.finished_at! - b.finished_at! || (a.deletion_id < b.deletion_id ? -1 : 1);
}
