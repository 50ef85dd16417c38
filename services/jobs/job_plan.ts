/**
 * Which tasks a job deletes, and how: chosen once, when it starts. What it did before an interruption is read from the
 * operation log, which a crash cannot tear from the deletions themselves.
 *
 * @module
 */
import { listOfJob } from "../../db/queries/deletions.ts";
import { claimNextJob, findClaimable, listJobItems, saveSelection } from "../../db/queries/job_leases.ts";
import type { Database, Executor } from "../../db/database.ts";
import type { JobRow } from "../../db/schema.ts";
import {
  type CleanupSelection,
  filterCleanupTasks,
  filterTasksOfUser,
  listCleanupTasks,
  listTasksOfUser,
} from "../../db/queries/task_selection.ts";
import type { DeletionOptions } from "../deletion/outcome.ts";
import type { CleanupParams, DeleteTasksParams } from "./job_order.ts";

export interface JobPlan {
  /** What is left to do. */
  task_ids: string[];
  /** How many were attempted before. */
  attempted: number;
  options: DeletionOptions;
  /** Tasks of other projects, and directories of none, are unknown to the job; undefined: it may delete any. */
  project_id: number | undefined;
  /** Which of these are meant still: between the plan and its turn a task may be deleted and made anew by another. */
  select?: (db: Executor, taskIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/**
 * Claims the next job for `holder`. What a job deletes is chosen in the transaction that starts it, and never again: a
 * restart does not widen it.
 *
 * @throws {CommitInDoubt} when it may be claimed; claiming again finds it then
 */
export async function claimJob(
  database: Database,
  holder: string,
  now: number,
  leaseExpiresAt: number,
): Promise<JobRow | undefined> {
  // Looked for first: a transaction that finds nothing would still wait for the lock to write.
  if (await findClaimable(database.kysely, holder, now) === undefined) return undefined;
  return await database.decide([], async (trx) => {
    const job = await claimNextJob(trx, holder, now, leaseExpiresAt);
    if (job === undefined || job.selected_at !== null) return job;
    // One that a program without this column started, goes by the last time it was heard of.
    const selectedAt = Math.min(now, job.updated_at!);
    return await saveSelection(trx, job.job_id, await chooseTasks(trx, job, selectedAt), selectedAt);
  });
}

/** The remaining work of a job that was claimed. */
export async function planOf(database: Database, job: JobRow): Promise<JobPlan> {
  const log = await listOfJob(database.kysely, job.job_id);
  const attempted = new Set(log.map((row) => row.task_id));
  const failed = log.some((row) => row.error_code !== null);
  const plan = await wholePlan(database, job);
  const isOver = failed && !plan.options.continue_on_error;
  const task_ids = isOver ? [] : plan.task_ids.filter((id) => !attempted.has(id));
  return { ...plan, task_ids, attempted: attempted.size };
}

/** What is written beside the job; the list of `delete_tasks` is in its params from the start. */
async function chooseTasks(trx: Executor, job: JobRow, selectedAt: number): Promise<string[]> {
  switch (job.action) {
    case "delete_tasks":
      return [];
    case "delete_user_data":
      return await listTasksOfUser(trx, job.project_id, job.reference_id);
    case "cleanup": {
      const params = JSON.parse(job.params) as CleanupParams;
      return await listCleanupTasks(trx, selectionOf(job, params, selectedAt), params.keep_last);
    }
  }
}

function selectionOf({ project_id }: JobRow, params: CleanupParams, selectedAt: number): CleanupSelection {
  return { project_id, before: selectedAt - params.older_than_ms, status: params.status };
}

async function wholePlan(database: Database, job: JobRow): Promise<Omit<JobPlan, "attempted">> {
  const { kysely } = database;
  const { project_id, reference_id } = job;
  switch (job.action) {
    case "delete_tasks": {
      const { task_ids, options, any_project } = JSON.parse(job.params) as DeleteTasksParams;
      return { task_ids, options, project_id: any_project ? undefined : project_id };
    }
    case "delete_user_data":
      return {
        task_ids: await listJobItems(kysely, job.job_id),
        options: { delete_database_records: true, force: false, continue_on_error: true },
        project_id,
        select: (db, taskIds) => filterTasksOfUser(db, taskIds, project_id, reference_id),
      };
    case "cleanup": {
      const params = JSON.parse(job.params) as CleanupParams;
      const selection = selectionOf(job, params, job.selected_at!);
      const { delete_database_records } = params;
      return {
        task_ids: await listJobItems(kysely, job.job_id),
        options: { delete_database_records, force: false, continue_on_error: true },
        project_id,
        select: (db, taskIds) => filterCleanupTasks(db, taskIds, selection),
      };
    }
  }
}

/** What the job could not do, from the log: "task_a: task_running; task_b: …"; null when it did everything. */
export async function errorsOf(database: Database, jobId: number): Promise<string[]> {
  const log = await listOfJob(database.kysely, jobId);
  return log.filter((row) => row.error_code !== null).map((row) => `${row.task_id}: ${row.error_code}`);
}
