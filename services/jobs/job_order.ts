/** What a job is told, and how an order becomes a row. */
import type { Executor } from "../../db/database.ts";
import { findPendingUserDeletion, insertJob } from "../../db/queries/jobs.ts";
import type { JobRow } from "../../db/schema.ts";
import type { Actor } from "../../domain/actor.ts";
import { PipekeepError } from "../../domain/errors.ts";
import type { JobAction } from "../../domain/job_states.ts";
import type { TaskStatus } from "../../domain/task_states.ts";
import type { DeletionOptions } from "../deletion/outcome.ts";

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

/**
 * Writes a new job, in a transaction of the caller's.
 *
 * @param token by which the caller finds it again
 * @throws {PipekeepError} user_deletion_pending
 */
export async function insertOrder(
  trx: Executor,
  order: JobOrder,
  actor: Actor,
  token: string,
  now: number,
): Promise<JobRow> {
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
    token,
  });
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
