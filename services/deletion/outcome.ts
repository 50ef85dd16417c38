/** What a deletion is asked, and what becomes of each task. */
import { getLogger } from "@logtape/logtape";
import { type ErrorCode, PipekeepError } from "../../domain/errors.ts";
import type { Counted } from "../training_data/counted.ts";

const log = getLogger(["pipekeep", "deletion"]);

/** `continue_on_error` false: what follows the first failure is not attempted, in the order of the list. */
export interface DeletionOptions {
  delete_database_records: boolean;
  force: boolean;
  continue_on_error: boolean;
}

export interface DeletedTask {
  outcome: "deleted";
  task_id: string;
  /** A real directory stood at its place, or its remains in the trash. */
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

/** The outcome of a task whose directory was there and is gone. */
export function deleted(
  item: { task_id: string; deletes_record: boolean },
  numbers: Counted,
  now: number,
  { in_trash = false } = {},
): DeletedTask {
  return {
    outcome: "deleted",
    task_id: item.task_id,
    had_directory: true,
    directory_deleted: true,
    database_records_deleted: item.deletes_record,
    files: numbers.files,
    bytes: numbers.bytes,
    unmeasured_files: numbers.unmeasured,
    in_trash,
    deleted_at: now,
  };
}

/** The outcome of a task whose directory was gone before: only its record had something to be done. */
export function deletedBefore(item: { task_id: string; deletes_record: boolean }, now: number): DeletedTask {
  const numbers = { files: 0, bytes: 0, unmeasured: 0 };
  return { ...deleted(item, numbers, now), had_directory: false, directory_deleted: false };
}

export function failed(task_id: string, code: ErrorCode): FailedTask {
  return { outcome: "failed", task_id, code };
}

export function skipped(task_id: string): SkippedTask {
  return { outcome: "skipped", task_id };
}

/** The failure that an error stands for, which is logged. */
export function failureOf(task_id: string, error: unknown): FailedTask {
  if (error instanceof PipekeepError) {
    log.warn("{message}", { task_id, message: error.message, cause: error.cause });
    return failed(task_id, error.code);
  }
  log.error("{task_id} could not be looked at or moved: {error}", { task_id, error });
  return failed(task_id, "storage_failed");
}
