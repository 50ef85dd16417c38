/** Jobs: work that Pipekeep does itself, now or at a set time (api.md 3). runner.ts runs them. */
import type { Actor } from "../../domain/actor.ts";
import type { JobAction } from "../../domain/job_states.ts";
import {
  findJob,
  findJobByToken,
  type JobFilter,
  type JobPage,
  listJobs,
  moveJob,
} from "../../db/queries/jobs.ts";
import type { JobRow } from "../../db/schema.ts";
import { CommitInDoubt, type Database } from "../../db/database.ts";
import type { Events } from "../events.ts";
import type { DeletionOptions } from "../deletion/outcome.ts";
import { type DeleteTasksParams, insertOrder, type JobOrder, nameOf } from "./job_order.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { nextMidnightUtc } from "../../domain/midnight.ts";

export type { JobRow } from "../../db/schema.ts";
export { type JobOrder, nameOf } from "./job_order.ts";

/** The project that work without a project of its own belongs to. */
export const DEFAULT_PROJECT_ID = 1;

export interface JobsDependencies {
  database: Database;
  events: Events;
  clock: () => number;
}

export class Jobs {
  readonly #deps: JobsDependencies;

  constructor(dependencies: JobsDependencies) {
    this.#deps = dependencies;
  }

  /**
   * @param projectId only if it belongs to this project
   * @throws {PipekeepError} job_not_found
   */
  async get(jobId: number, projectId?: number): Promise<JobRow> {
    const job = await findJob(this.#deps.database.kysely, jobId);
    if (job === undefined || (projectId !== undefined && job.project_id !== projectId)) throw notFound(jobId);
    return job;
  }

  /** A project's jobs by id, ascending unless told. */
  list(projectId: number, filter: JobFilter, page: JobPage): Promise<JobRow[]> {
    return listJobs(this.#deps.database.kysely, projectId, filter, page);
  }

  /**
   * When it throws, there is no such job, unless the database could not even be asked whether its commit stands.
   *
   * @throws {PipekeepError} user_deletion_pending; storage_failed, when the commit was lost
   */
  async schedule<Action extends JobAction>(order: JobOrder<Action>, actor: Actor): Promise<JobRow> {
    const token = crypto.randomUUID();
    let job: JobRow | undefined;
    try {
      job = await this.#deps.database.decide(
        [],
        (trx) => insertOrder(trx, order, actor, token, this.#deps.clock()),
      );
    } catch (error) {
      if (!(error instanceof CommitInDoubt)) throw error;
      job = await findJobByToken(this.#deps.database.kysely, token);
      if (job === undefined) throw new PipekeepError("storage_failed", "the job was not written", {}, error);
    }
    this.#deps.events.emit("job.scheduled", { job_id: job.job_id });
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
    const start_at = nextMidnightUtc(this.#deps.clock());
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
    const changes = { status: "cancelled" as const, updated_at: this.#deps.clock() };
    const wasPending = await this.#isMoved(jobId, changes);
    const job = await this.get(jobId, projectId);
    if (!wasPending) {
      throw new PipekeepError("job_not_cancellable", `Cannot cancel job in ${job.status} state`, {
        job_id: jobId,
        current_status: job.status,
      });
    }
    this.#deps.events.emit("job.cancelled", { job_id: jobId });
    return job;
  }

  async #isMoved(jobId: number, changes: { status: "cancelled"; updated_at: number }): Promise<boolean> {
    try {
      return await moveJob(this.#deps.database.kysely, jobId, ["scheduled", "running"], changes);
    } catch (error) {
      if (!(error instanceof CommitInDoubt)) throw error;
      // Cancelled by somebody else meanwhile is cancelled as well.
      if ((await this.get(jobId)).status !== "cancelled") throw error;
      return true;
    }
  }
}

function notFound(jobId: number): PipekeepError {
  return new PipekeepError("job_not_found", `there is no job ${jobId}`, { job_id: jobId });
}
