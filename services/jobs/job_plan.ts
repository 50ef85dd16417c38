/**
 * Which tasks a job deletes, and how: worked out when it runs, and again when it resumes. What it did before is read from
 * the operation log, which a crash cannot tear from the deletions themselves.
 *
 * @module
 */
import { listOfJob } from "../../db/queries/deletions.ts";
import type { Executor } from "../../db/database.ts";
import type { JobRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import {
  type CleanupSelection,
  filterCleanupTasks,
  filterTasksOfUser,
  listCleanupTasks,
  listTasksOfUser,
} from "../../db/queries/task_selection.ts";
import type { DeletionOptions } from "../deletion/outcome.ts";
import type { CleanupParams, DeleteTasksParams } from "./jobs.ts";

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

/** The job's remaining work, as of `now`. */
export async function planOf(database: Database, job: JobRow, now: number): Promise<JobPlan> {
  const log = await listOfJob(database.kysely, job.job_id);
  const attempted = new Set(log.map((row) => row.task_id));
  const failed = log.some((row) => row.error_code !== null);
  const plan = await wholePlan(database, job, now);
  const isOver = failed && !plan.options.continue_on_error;
  const task_ids = isOver ? [] : plan.task_ids.filter((id) => !attempted.has(id));
  return { ...plan, task_ids, attempted: attempted.size };
}

async function wholePlan(database: Database, job: JobRow, now: number): Promise<Omit<JobPlan, "attempted">> {
  const { kysely } = database;
  const { project_id, reference_id } = job;
  switch (job.action) {
    case "delete_tasks": {
      const { task_ids, options, any_project } = JSON.parse(job.params) as DeleteTasksParams;
      return { task_ids, options, project_id: any_project ? undefined : project_id };
    }
    case "delete_user_data":
      return {
        task_ids: await listTasksOfUser(kysely, project_id, reference_id),
        options: { delete_database_records: true, force: false, continue_on_error: true },
        project_id,
        select: (db, taskIds) => filterTasksOfUser(db, taskIds, project_id, reference_id),
      };
    case "cleanup": {
      const params = JSON.parse(job.params) as CleanupParams;
      const { status, keep_last, delete_database_records } = params;
      const selection: CleanupSelection = { project_id, before: now - params.older_than_ms, status };
      return {
        task_ids: await listCleanupTasks(kysely, selection, keep_last),
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
