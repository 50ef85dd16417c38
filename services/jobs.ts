/** Jobs: work that Pipekeep does itself, now or at a set time (api.md 3). scheduler.ts runs them. */
import { findJob, insertJob } from "../db/jobs.ts";
import type { JobRow } from "../db/schema.ts";
import type { Database } from "../db/sqlite.ts";
import type { DeletionOptions, Origin } from "./deletion_outcome.ts";
import { PipekeepError } from "./errors.ts";

export type { JobRow } from "../db/schema.ts";

/** The project that work without a project of its own belongs to. */
export const DEFAULT_PROJECT_ID = 1;

/** `params` of a `delete_tasks` job. */
export interface DeleteTasksParams {
  task_ids: string[];
  options: DeletionOptions;
}

export class Jobs {
  /** Told when there may be something new to run. */
  onScheduled: () => void = () => {};

  constructor(private readonly database: Database, private readonly clock: () => number) {}

  /** @throws {PipekeepError} job_not_found */
  async get(jobId: number): Promise<JobRow> {
    const job = await findJob(this.database.kysely, jobId);
    if (job === undefined) {
      throw new PipekeepError("job_not_found", `there is no job ${jobId}`, { job_id: jobId });
    }
    return job;
  }

  /** Schedules the deletion of `taskIds` for now. */
  async deleteTasks(taskIds: readonly string[], options: DeletionOptions, origin: Origin): Promise<JobRow> {
    const now = this.clock();
    const params: DeleteTasksParams = { task_ids: [...taskIds], options };
    const job = await insertJob(this.database.kysely, {
      project_id: DEFAULT_PROJECT_ID,
      action: "delete_tasks",
      reference_id: taskIds.length === 1 ? taskIds[0]! : `${taskIds.length} tasks`,
      description: taskIds.length === 1 ? `Delete task ${taskIds[0]}` : `Delete ${taskIds.length} tasks`,
      params: JSON.stringify(params),
      who: origin.who,
      request_id: origin.request_id,
      start_at: now,
      created_at: now,
      directories_total: taskIds.length,
    });
    this.onScheduled();
    return job;
  }
}
