/** Queries on `jobs` and `projects`. */
import type { JobAction } from "../../domain/job_states.ts";
import { sql } from "kysely";
import type { Executor } from "../database.ts";
import type { JobRow } from "../schema.ts";

export interface NewJob {
  project_id: number;
  action: JobAction;
  reference_id: string;
  description: string;
  params: string;
  who: string;
  request_id: string;
  start_at: number;
  created_at: number;
  directories_total: number;
  token: string;
}

export function insertJob(db: Executor, job: NewJob): Promise<JobRow> {
  return db.insertInto("jobs").values({
    ...job,
    status: "scheduled",
    updated_at: null,
    errors: null,
    holder: null,
    lease_expires_at: null,
    selected_at: null,
  }).returningAll().executeTakeFirstOrThrow();
}

export function findJob(db: Executor, jobId: number): Promise<JobRow | undefined> {
  return db.selectFrom("jobs").selectAll().where("job_id", "=", jobId).executeTakeFirst();
}

export function findJobByToken(db: Executor, token: string): Promise<JobRow | undefined> {
  return db.selectFrom("jobs").selectAll().where("token", "=", token).executeTakeFirst();
}

export interface JobFilter {
  status?: JobRow["status"];
  action?: JobAction;
}

/** Pages of `limit` jobs; the first is 1. */
export interface JobPage {
  limit: number;
  page: number;
  order: "asc" | "desc";
}

export async function listJobs(
  db: Executor,
  projectId: number,
  filter: JobFilter,
  { limit, page, order }: JobPage,
): Promise<JobRow[]> {
  let query = db.selectFrom("jobs").selectAll().where("project_id", "=", projectId)
    .orderBy("job_id", order).limit(limit).offset((page - 1) * limit);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  if (filter.action !== undefined) query = query.where("action", "=", filter.action);
  return await query.execute();
}

/** The deletion of this user's data that is scheduled or running, if one is. */
export function findPendingUserDeletion(
  db: Executor,
  projectId: number,
  userId: string,
): Promise<JobRow | undefined> {
  return db.selectFrom("jobs").selectAll()
    .where("project_id", "=", projectId).where("reference_id", "=", userId)
    .where("action", "=", sql.lit("delete_user_data"))
    .where("status", "in", sql<JobRow["status"]>`('scheduled', 'running')`)
    .executeTakeFirst();
}

/** When the next scheduled job is due, or undefined when none waits. */
export async function findNextStart(db: Executor): Promise<number | undefined> {
  const row = await db.selectFrom("jobs").select("start_at").where("status", "=", sql.lit("scheduled"))
    .orderBy("start_at").limit(1).executeTakeFirst();
  return row?.start_at;
}

/** Moves a job to another status if it is in `from` still. Returns whether it was. */
export async function moveJob(
  db: Executor,
  jobId: number,
  from: readonly JobRow["status"][],
  changes: { status: JobRow["status"]; errors?: string | null; updated_at: number },
): Promise<boolean> {
  const result = await db.updateTable("jobs").set(changes)
    .where("job_id", "=", jobId).where("status", "in", from).executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
