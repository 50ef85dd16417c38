/** Jobs: work that Pipekeep does itself, now or at a set time (api.md 3). runner.ts runs them. */
import type { Actor } from "../../domain/actor.ts";
import type { JobAction } from "../../domain/job_states.ts";
import type { TaskStatus } from "../../domain/task_states.ts";
import {
  findJob,
  findPendingUserDeletion,
  insertJob,
  type JobFilter,
  type JobPage,
  listJobs,
  moveJob,
} from "../../db/queries/jobs.ts";
import type { JobRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import type { Events } from "../events.ts";
import type { DeletionOptions } from "../deletion/outcome.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { nextMidnightUtc } from "../../domain/midnight.ts";

export type { JobRow } from "../../db/schema.ts";

/** The project that work without a project of its own belongs to. */
export const DEFAULT_PROJECT_ID = 1;

/** `params` of a `delete_tasks` job. */
export interface DeleteTasksParams {
  task_ids: string[];
  options: DeletionOptions;
  /** Tasks of every project, and directories of none: for orders of an API that knows no projects. */
  any_project?: true;
}

/** `params` of a `cleanup` job: which of the project's directories go, oldest first. */
export interface CleanupParams {
  /** Only tasks made longer ago than this, in milliseconds, when the job runs. */
  older_than_ms: number;
  status: TaskStatus[];
  /** How many of the newest tasks stay whatever their age. */
  keep_last: number;
  delete_database_records: boolean;
}

/** What each action is told. */
export interface JobParams {
  delete_user_data: Record<string, never>;
  delete_tasks: DeleteTasksParams;
  cleanup: CleanupParams;
}

/** A job to be; `start_at` in epoch milliseconds, now unless told. */
export interface JobOrder<Action extends JobAction = JobAction> {
  project_id: number;
  action: Action;
  reference_id: string;
  params: JobParams[Action];
  start_at?: number;
}

export class Jobs {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly clock: () => number,
  ) {}

  /**
   * @param projectId only if it belongs to this project
   * @throws {PipekeepError} job_not_found
   */
  async get(jobId: number, projectId?: number): Promise<JobRow> {
    const job = await findJob(this.database.kysely, jobId);
    if (job === undefined || (projectId !== undefined && job.project_id !== projectId)) throw notFound(jobId);
    return job;
  }

  /** A project's jobs by id, ascending unless told. */
  list(projectId: number, filter: JobFilter, page: JobPage): Promise<JobRow[]> {
    return listJobs(this.database.kysely, projectId, filter, page);
  }

  /** @throws {PipekeepError} user_deletion_pending */
  async schedule<Action extends JobAction>(order: JobOrder<Action>, actor: Actor): Promise<JobRow> {
    const now = this.clock();
    const job = await this.database.kysely.transaction().execute(async (trx) => {
      if (order.action === "delete_user_data") {
        const pending = await findPendingUserDeletion(trx, order.project_id, order.reference_id);
        if (pending !== undefined) {
          throw new PipekeepError(
            "user_deletion_pending",
            `job ${pending.job_id} deletes the data of this user already`,
            { job_id: pending.job_id },
          );
        }
      }
      return await insertJob(trx, {
        project_id: order.project_id,
        action: order.action,
        reference_id: order.reference_id,
        description: describe(order),
        params: JSON.stringify(order.params),
        who: actor.who,
        request_id: actor.request_id,
        start_at: order.start_at ?? now,
        created_at: now,
        directories_total: order.action === "delete_tasks"
          ? (order.params as DeleteTasksParams).task_ids.length
          : 0,
      });
    });
    this.events.emit("job.scheduled", { job_id: job.job_id });
    return job;
  }

  /** Schedules the deletion of `taskIds` for now, whatever project they are of. */
  deleteTasks(taskIds: readonly string[], options: DeletionOptions, actor: Actor): Promise<JobRow> {
    const { delete_database_records, force, continue_on_error } = options;
    const params: DeleteTasksParams = {
      task_ids: [...taskIds],
      options: { delete_database_records, force, continue_on_error },
      any_project: true,
    };
    return this.schedule(
      { project_id: DEFAULT_PROJECT_ID, action: "delete_tasks", reference_id: nameOf(taskIds), params },
      actor,
    );
  }

  /**
   * Schedules the deletion of a user's directories and records at the next midnight UTC.
   *
   * @throws {PipekeepError} user_deletion_pending
   */
  deleteUser(projectId: number, userId: string, actor: Actor): Promise<JobRow> {
    const start_at = nextMidnightUtc(this.clock());
    return this.schedule(
      { project_id: projectId, action: "delete_user_data", reference_id: userId, params: {}, start_at },
      actor,
    );
  }

  /**
   * Cancels a job that is scheduled or running; a running one stops between two directories.
   *
   * @throws {PipekeepError} job_not_found, job_not_cancellable
   */
  async cancel(jobId: number, projectId: number): Promise<JobRow> {
    await this.get(jobId, projectId);
    const changes = { status: "cancelled" as const, updated_at: this.clock() };
    const wasPending = await moveJob(this.database.kysely, jobId, ["scheduled", "running"], changes);
    const job = await this.get(jobId, projectId);
    if (!wasPending) {
      throw new PipekeepError("job_not_cancellable", `Cannot cancel job in ${job.status} state`, {
        job_id: jobId,
        current_status: job.status,
      });
    }
    this.events.emit("job.cancelled", { job_id: jobId });
    return job;
  }
}

/** One word for a list of tasks. */
export function nameOf(taskIds: readonly string[]): string {
  return taskIds.length === 1 ? taskIds[0]!.slice(0, 256) : `${taskIds.length} tasks`;
}

function describe({ action, reference_id, params }: JobOrder): string {
  switch (action) {
    case "delete_user_data":
      return `Delete user sessions of userId = ${reference_id}`;
    case "delete_tasks":
      return `Delete ${nameOf((params as DeleteTasksParams).task_ids)}`;
    case "cleanup": {
      const { older_than_ms, status } = params as CleanupParams;
      return `Clean up ${status.join(", ")} tasks older than ${Math.round(older_than_ms / 3_600_000)} h`;
    }
  }
}

function notFound(jobId: number): PipekeepError {
  return new PipekeepError("job_not_found", `there is no job ${jobId}`, { job_id: jobId });
}
