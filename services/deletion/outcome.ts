/** What a deletion is asked, what becomes of each task, and how that is written into the operation log. */
import { getLogger } from "@logtape/logtape";
import type { Measured } from "../../db/queries/deletions.ts";
import type { DeletionRow, NewDeletion } from "../../db/schema.ts";
import { type ErrorCode, PipekeepError } from "../../domain/errors.ts";
import type { TreeOutcome } from "../training_data/tree_pool.ts";
import type { TreeMeasure } from "../training_data/tree_walk.ts";

const log = getLogger(["pipekeep", "deletion"]);

/** `continue_on_error` false: what follows the first failure is not attempted, in the order of the list. */
export interface DeletionOptions {
  delete_database_records: boolean;
  force: boolean;
  continue_on_error: boolean;
}

/** Who asked: a key's name or an address, and the request it came with. */
export interface Origin {
  who: string;
  request_id: string;
  job_id?: number;
}

export interface DeletedTask {
  outcome: "deleted";
  task_id: string;
  /** A real directory stood at its place. */
  had_directory: boolean;
  directory_deleted: boolean;
  database_records_deleted: boolean;
  files: number;
  bytes: number;
  /** Entries counted in `files` whose size could not be read. */
  unmeasured_files: number;
  /** The bytes wait in the trash, by --trash-retention. */
  in_trash: boolean;
  /** Epoch milliseconds. */
  deleted_at: number;
}

export interface FailedTask {
  outcome: "failed";
  task_id: string;
  code: ErrorCode;
  current_status?: string;
  running_step?: string;
}

export interface SkippedTask {
  outcome: "skipped";
  task_id: string;
}

export type TaskOutcome = DeletedTask | FailedTask | SkippedTask;

/** One task on its way through the protocol. It is through once it has an outcome. */
export interface DeletionItem {
  task_id: string;
  deletion_id: string;
  /** A real directory stands at its place. */
  directory: boolean;
  /** There is a record, and it is to go too. */
  deletesRecord: boolean;
  /** An intent row was written. */
  intent?: boolean;
  /** Its directory is in the trash. */
  moved?: boolean;
  survey?: TreeMeasure;
  /** What earlier deletions of it had left in the trash, and this one removed for good. */
  removed?: readonly DeletionRow[];
  outcome?: TaskOutcome;
}

/** Gives the item its failure if the survey found an obstacle, else the numbers. */
export function judge(item: DeletionItem, survey: TreeOutcome<TreeMeasure>): void {
  if (survey.error !== undefined) {
    log.error("could not measure {task_id}: {message}", {
      task_id: item.task_id,
      message: survey.error.message,
    });
    item.outcome = { outcome: "failed", task_id: item.task_id, code: "storage_failed" };
  } else if (survey.value.obstacle !== null) {
    item.outcome = { outcome: "failed", task_id: item.task_id, code: survey.value.obstacle };
  } else {
    item.survey = survey.value;
  }
}

export function measuredOf(item: DeletionItem): Measured {
  const measure = item.survey!;
  return {
    deletion_id: item.deletion_id,
    deleted_files_count: measure.files,
    deleted_size_bytes: measure.bytes,
    unmeasured_files: measure.unmeasured,
  };
}

export function deleted(item: DeletionItem, now: number): DeletedTask {
  const directory = item.directory || item.removed !== undefined;
  const removed = item.removed ?? [];
  const sum = (of: (row: DeletionRow) => number | null) => removed.reduce((n, row) => n + (of(row) ?? 0), 0);
  return {
    outcome: "deleted",
    task_id: item.task_id,
    had_directory: directory,
    directory_deleted: directory,
    database_records_deleted: item.deletesRecord,
    files: item.survey?.files ?? sum((row) => row.deleted_files_count),
    bytes: item.survey?.bytes ?? sum((row) => row.deleted_size_bytes),
    unmeasured_files: item.survey?.unmeasured ?? sum((row) => row.unmeasured_files),
    in_trash: false,
    deleted_at: now,
  };
}

export function failed(taskId: string, error: unknown): FailedTask {
  if (error instanceof PipekeepError) {
    log.warn("{message}", { task_id: taskId, message: error.message, cause: error.cause });
    return { outcome: "failed", task_id: taskId, code: error.code };
  }
  log.error("could not move {task_id}: {error}", { task_id: taskId, error });
  return { outcome: "failed", task_id: taskId, code: "storage_failed" };
}

export function failedItem(taskId: string, code: ErrorCode): DeletionItem {
  const outcome: FailedTask = { outcome: "failed", task_id: taskId, code };
  return { task_id: taskId, deletion_id: "", directory: false, deletesRecord: false, outcome };
}

export function rowOf(
  item: DeletionItem,
  options: DeletionOptions,
  origin: Origin,
  now: number,
): NewDeletion {
  const outcome = item.outcome;
  return {
    deletion_id: item.deletion_id,
    task_id: item.task_id,
    state: outcome === undefined
      ? "intent" as const
      : outcome.outcome === "deleted"
      ? "purged" as const
      : "failed" as const,
    who: origin.who,
    request_id: origin.request_id,
    job_id: origin.job_id ?? null,
    delete_database_records: options.delete_database_records ? 1 as const : 0 as const,
    force: options.force ? 1 as const : 0 as const,
    requested_at: now,
    trashed_at: null,
    purge_at: null,
    finished_at: outcome === undefined ? null : now,
    duration_ms: outcome === undefined ? null : 0,
    deleted_files_count: outcome?.outcome === "deleted" ? 0 : null,
    deleted_size_bytes: outcome?.outcome === "deleted" ? 0 : null,
    unmeasured_files: outcome?.outcome === "deleted" ? 0 : null,
    error_code: outcome?.outcome === "failed" ? outcome.code : null,
    error: null,
  };
}
