/** Queries of whoever runs jobs: claims, and writes that only the holder of a job may make. */
import { sql } from "kysely";
import { insertRows } from "../dialects/sqlite/statements.ts";
import type { Executor } from "../database.ts";
import type { JobRow } from "../schema.ts";

/** Items per statement. */
const CHUNK = 5000;

/** One claim of one job: no other has both this holder and this epoch. */
export interface JobClaim {
  job_id: number;
  holder: string;
  epoch: number;
}

/** The job that `holder` may claim now: one that nobody runs any more, else the scheduled one that is due longest. */
export async function findClaimable(db: Executor, holder: string, now: number): Promise<JobRow | undefined> {
  const left = await db.selectFrom("jobs").selectAll().where("status", "=", sql.lit("running"))
    .where((eb) =>
      eb.or([eb("holder", "is", null), eb("holder", "=", holder), eb("lease_expires_at", "<=", now)])
    )
    .orderBy("job_id").limit(1).executeTakeFirst();
  if (left !== undefined) return left;
  return await db.selectFrom("jobs").selectAll()
    .where("status", "=", sql.lit("scheduled")).where("start_at", "<=", now)
    .orderBy("start_at").orderBy("job_id").limit(1).executeTakeFirst();
}

/**
 * Gives `holder` the next job, in a transaction of the caller's. `updated_at` of one that was interrupted stays as it
 * is.
 */
export async function claimNextJob(
  trx: Executor,
  holder: string,
  now: number,
  leaseExpiresAt: number,
): Promise<JobRow | undefined> {
  const job = await findClaimable(trx, holder, now);
  if (job === undefined) return undefined;
  return await trx.updateTable("jobs").set({
    status: "running",
    holder,
    epoch: job.epoch + 1,
    lease_expires_at: leaseExpiresAt,
    updated_at: job.status === "running" ? job.updated_at : now,
  }).where("job_id", "=", job.job_id).where("status", "=", job.status).where("epoch", "=", job.epoch)
    .returningAll().executeTakeFirst();
}

/** The name of a server that holds the lock of a volume: another each time one starts. */
export function holderOf(volumeId: string, run: string): string {
  return `${volumeId}/${run}`;
}

/**
 * Ends the leases of everybody who held this volume before `holder` does: a volume has one server, so they do not live
 * any more. Servers of other volumes keep theirs.
 */
export async function expireFormerLeases(db: Executor, volumeId: string, holder: string): Promise<void> {
  const prefix = holderOf(volumeId, "");
  await db.updateTable("jobs").set({ lease_expires_at: 0 })
    .where("status", "=", sql.lit("running")).where("holder", "!=", holder)
    .where((eb) => eb(sql<string>`substr(holder, 1, ${prefix.length})`, "=", prefix)).execute();
}

/** Writes down which tasks a job means, once and for all. Returns the job. */
export async function saveSelection(
  trx: Executor,
  jobId: number,
  taskIds: readonly string[],
  selectedAt: number,
): Promise<JobRow> {
  for (let i = 0; i < taskIds.length; i += CHUNK) {
    const rows = taskIds.slice(i, i + CHUNK).map((task_id, j) => ({
      job_id: jobId,
      position: i + j,
      task_id,
    }));
    const [first, ...others] = rows;
    await insertRows("job_items", [first!, ...others]).execute(trx);
  }
  return await trx.updateTable("jobs").set({ selected_at: selectedAt })
    .where("job_id", "=", jobId).returningAll().executeTakeFirstOrThrow();
}

export async function listJobItems(db: Executor, jobId: number): Promise<string[]> {
  const rows = await db.selectFrom("job_items").select("task_id").where("job_id", "=", jobId)
    .orderBy("position").execute();
  return rows.map((row) => row.task_id);
}

/** Whether this claim holds and nobody cancelled the job. */
export async function isHeld(db: Executor, { job_id, holder, epoch }: JobClaim): Promise<boolean> {
  const row = await db.selectFrom("jobs").select("job_id").where("job_id", "=", job_id)
    .where("status", "=", "running").where("holder", "=", holder).where("epoch", "=", epoch)
    .executeTakeFirst();
  return row !== undefined;
}

export interface HeldChanges {
  status?: "completed" | "failed";
  errors?: string | null;
  directories_total?: number;
  directories?: number;
  files?: number;
  bytes?: number;
  lease_expires_at?: number | null;
  updated_at?: number;
}

/**
 * Writes to a job as its holder.
 *
 * @param from a cancelled one may still be told how far it got
 * @returns whether the claim held; nothing is written when not
 */
export async function updateHeldJob(
  db: Executor,
  { job_id, holder, epoch }: JobClaim,
  from: readonly ("running" | "cancelled")[],
  changes: HeldChanges,
): Promise<boolean> {
  const result = await db.updateTable("jobs").set(changes).where("job_id", "=", job_id)
    .where("status", "in", from).where("holder", "=", holder).where("epoch", "=", epoch).executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
