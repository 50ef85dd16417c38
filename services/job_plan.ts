/** Which tasks a job deletes, and how: worked out when it runs, and again when it resumes. */
import { listCleanupTasks, listTasksOfUser } from "../db/pipeline_tasks.ts";
import type { JobRow } from "../db/schema.ts";
import type { Database } from "../db/sqlite.ts";
import type { DeletionOptions } from "./deletion_outcome.ts";
import type { CleanupParams, DeleteTasksParams } from "./jobs.ts";

export interface JobPlan {
  /** What is left to do. */
  task_ids: string[];
  options: DeletionOptions;
}

/**
 * The job's remaining work. `tried`: the ids that failed before an interruption; they are not tried again.
 */
export async function planOf(
  database: Database,
  job: JobRow,
  tried: ReadonlySet<string>,
  now: number,
): Promise<JobPlan> {
  const { kysely } = database;
  switch (job.action) {
    case "delete_tasks": {
      // Its list is fixed, so its place in it is too.
      const { task_ids, options } = JSON.parse(job.params) as DeleteTasksParams;
      return { task_ids: task_ids.slice(job.directories), options };
    }
    case "delete_user_data": {
      // What is done has no record any more.
      const task_ids = await listTasksOfUser(kysely, job.project_id, job.reference_id);
      const options = { delete_database_records: true, force: false, continue_on_error: true };
      return { task_ids: task_ids.filter((id) => !tried.has(id)), options };
    }
    case "cleanup": {
      const { older_than_ms, status, keep_last, delete_database_records } = JSON.parse(
        job.params,
      ) as CleanupParams;
      const before = now - older_than_ms;
      const task_ids = await listCleanupTasks(kysely, job.project_id, { before, status, keep_last });
      const options = { delete_database_records, force: false, continue_on_error: true };
      return { task_ids: task_ids.filter((id) => !tried.has(id)), options };
    }
  }
}
