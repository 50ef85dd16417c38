/** Rows → what v0 shows of them (api.md 1): column names stay, times become local ISO-8601, flags booleans. */
import { z } from "zod";
import { lazy, type OutputOf } from "../../../http/lazy.ts";
import { DELETION_STATES } from "../../../domain/deletion_states.ts";
import { STEP_STATUSES, TASK_STATUSES } from "../../../domain/task_states.ts";
import type { DeletionRow } from "../../../services/deletion/log.ts";
import type { DeletedTask, FailedTask, TaskOutcome } from "../../../services/deletion/outcome.ts";
import type { ErrorCode } from "../../../domain/errors.ts";
import { formatLocalTime, formatOptionalTime, formatSize } from "../../../domain/format.ts";
import type { StepRow, TaskDetail, TaskListRow } from "../../../services/tasks/pipeline_tasks.ts";
import { batchFailure, VISIBLE_CODES } from "./_texts.ts";

const localTime = lazy(() => z.string().describe("local time, ISO-8601"));
const word = lazy(() => z.string().nullable());
const count = lazy(() => z.int().min(0));

export const taskSchema = lazy(() =>
  z.strictObject({
    task_id: z.string(),
    project_id: count(),
    task_name: word(),
    task_type: z.string(),
    status: z.enum(TASK_STATUSES),
    step_status: word(),
    created_at: localTime(),
    started_at: localTime().nullable(),
    completed_at: localTime().nullable(),
    created_by: word(),
    db_name: word(),
    business_context: word(),
    directory_exists: z.boolean(),
    updated_at: localTime().nullable(),
    directory_size_bytes: count().nullable(),
  }).meta({ id: "Task" })
);

const stepSchema = lazy(() =>
  z.strictObject({
    step_name: z.string(),
    step_status: z.enum(STEP_STATUSES),
    execution_id: word(),
    started_at: localTime().nullable(),
    completed_at: localTime().nullable(),
    error_message: word(),
  }).meta({ id: "TaskStep" })
);

export const taskDetailSchema = lazy(() =>
  z.strictObject({
    ...taskSchema().shape,
    parameters: z.unknown(),
    result: z.unknown(),
    error_message: word(),
    output_directory: z.string(),
    current_step: word(),
    total_steps: count(),
    steps: z.array(stepSchema()),
  }).meta({ id: "TaskDetail" })
);

const deletedTask = lazy(() =>
  z.strictObject({
    task_id: z.string(),
    directory_deleted: z.boolean(),
    database_records_deleted: z.boolean(),
    deleted_files_count: count(),
    deleted_size: z.string(),
    deleted_size_bytes: count(),
    unmeasured_files: count().optional(),
    in_trash: z.boolean().optional(),
    deleted_at: localTime(),
  })
);
export const deletedTaskSchema = lazy(() =>
  z.strictObject({ ...deletedTask().shape, dry_run: z.boolean().optional() })
    .meta({ id: "DeletedTask" })
);

const failedTaskSchema = lazy(() =>
  z.strictObject({
    task_id: z.string(),
    error: z.string(),
    error_code: z.enum(VISIBLE_CODES),
    current_status: z.string().optional(),
  }).meta({ id: "FailedTask" })
);

export const batchSchema = lazy(() =>
  z.strictObject({
    dry_run: z.boolean().optional(),
    deleted_at: localTime(),
    deleted_tasks: z.array(z.strictObject({ success: z.boolean(), ...deletedTask().shape })),
    failed_tasks: z.array(failedTaskSchema()),
    skipped_tasks: z.array(z.string()),
    summary: z.strictObject({
      total_requested: count(),
      successfully_deleted: count(),
      failed: count(),
      skipped: count(),
      total_size_freed: z.string(),
      total_size_freed_bytes: count(),
      total_size_in_trash: z.string().optional(),
      total_size_in_trash_bytes: count().optional(),
    }),
  }).meta({ id: "BatchDeletion" })
);

export const deletionSchema = lazy(() =>
  z.strictObject({
    deletion_id: z.string(),
    task_id: z.string(),
    who: z.string(),
    request_id: z.string(),
    job_id: z.int().nullable(),
    requested_at: localTime(),
    finished_at: localTime().nullable(),
    options: z.strictObject({ delete_database_records: z.boolean(), force: z.boolean() }),
    outcome: z.enum(DELETION_STATES),
    directory_deleted: z.boolean(),
    deleted_files_count: count().nullable(),
    deleted_size: word(),
    deleted_size_bytes: count().nullable(),
    unmeasured_files: count().nullable(),
    allocated_bytes: count().nullable(),
    freed_bytes: count().nullable(),
    directories_count: count().nullable(),
    links_count: count().nullable(),
    free_bytes_change: z.int().nullable(),
    duration_ms: z.number().nullable(),
    error: word(),
    error_code: z.enum(VISIBLE_CODES).nullable(),
    error_detail: word(),
    failed_attempts: count().nullable(),
    stuck_since: localTime().nullable(),
    sequence: count().nullable(),
    previous_hash: word(),
    hash: word(),
  }).meta({ id: "Deletion" })
);

/** With the rows of a list: where in it they are. */
export const pageFields = lazy(() => ({
  total: count(),
  limit: count(),
  offset: count(),
  next_cursor: word(),
}));

export function taskView(row: TaskListRow): OutputOf<typeof taskSchema> {
  return {
    task_id: row.task_id,
    project_id: row.project_id,
    task_name: row.task_name,
    task_type: row.task_type,
    status: row.status,
    step_status: row.step_status,
    created_at: formatLocalTime(row.created_at),
    started_at: formatOptionalTime(row.started_at),
    completed_at: formatOptionalTime(row.completed_at),
    created_by: row.created_by,
    db_name: row.db_name,
    business_context: row.business_context,
    directory_exists: row.directory_exists === 1,
    updated_at: formatOptionalTime(row.updated_at),
    directory_size_bytes: row.directory_size_bytes,
  };
}

/** Where a run's files stand, as the API names it. */
export function outputDirectory(taskId: string): string {
  return `training_data/${taskId}`;
}

export function taskDetailView({ task, steps }: TaskDetail): OutputOf<typeof taskDetailSchema> {
  return {
    ...taskView(task),
    parameters: JSON.parse(task.parameters),
    result: task.result === null ? null : JSON.parse(task.result),
    error_message: task.error_message,
    output_directory: outputDirectory(task.task_id),
    current_step: steps.find((step) => step.step_status === "running")?.step_name ?? null,
    total_steps: steps.length,
    steps: steps.map(stepView),
  };
}

function stepView(step: StepRow): OutputOf<typeof stepSchema> {
  return {
    step_name: step.step_name,
    step_status: step.step_status,
    execution_id: step.execution_id,
    started_at: formatOptionalTime(step.started_at),
    completed_at: formatOptionalTime(step.completed_at),
    error_message: step.error_message,
  };
}

export function deletedTaskView(outcome: DeletedTask): OutputOf<typeof deletedTask> {
  return {
    task_id: outcome.task_id,
    directory_deleted: outcome.directory_deleted,
    database_records_deleted: outcome.database_records_deleted,
    deleted_files_count: outcome.files,
    deleted_size: formatSize(outcome.bytes),
    deleted_size_bytes: outcome.bytes,
    ...(outcome.unmeasured_files > 0 && { unmeasured_files: outcome.unmeasured_files }),
    ...(outcome.in_trash && { in_trash: true }),
    deleted_at: formatLocalTime(outcome.deleted_at),
  };
}

export function failedTaskView(outcome: FailedTask): OutputOf<typeof failedTaskSchema> {
  return {
    task_id: outcome.task_id,
    ...batchFailure(outcome.code),
    ...(outcome.current_status !== undefined && { current_status: outcome.current_status }),
  };
}

/** The `data` of a batch deletion, and how it went as a whole. */
export function batchView(outcomes: readonly TaskOutcome[], now: number, dryRun: boolean) {
  const deleted = outcomes.filter((outcome) => outcome.outcome === "deleted");
  const failed = outcomes.filter((outcome) => outcome.outcome === "failed");
  const skipped = outcomes.filter((outcome) => outcome.outcome === "skipped");
  const sum = (some: readonly DeletedTask[]) => some.reduce((bytes, outcome) => bytes + outcome.bytes, 0);
  const freed = sum(deleted.filter((outcome) => !outcome.in_trash));
  const waiting = deleted.filter((outcome) => outcome.in_trash);
  return {
    success: outcomes.length > 0 && deleted.length > 0,
    message: messageOf(deleted.length, failed.length, outcomes.length),
    data: {
      ...(dryRun && { dry_run: true }),
      deleted_at: formatLocalTime(now),
      deleted_tasks: deleted.map((outcome) => ({ success: true, ...deletedTaskView(outcome) })),
      failed_tasks: failed.map(failedTaskView),
      skipped_tasks: skipped.map((outcome) => outcome.task_id),
      summary: {
        total_requested: outcomes.length,
        successfully_deleted: deleted.length,
        failed: failed.length,
        skipped: skipped.length,
        total_size_freed: formatSize(freed),
        total_size_freed_bytes: freed,
        ...(waiting.length > 0 && {
          total_size_in_trash: formatSize(sum(waiting)),
          total_size_in_trash_bytes: sum(waiting),
        }),
      },
    },
  };
}

function messageOf(deleted: number, failed: number, total: number): string {
  if (deleted === 0) return "批量删除失败";
  if (failed > 0) return "批量删除部分完成";
  return total === 1 ? "任务目录删除成功" : "批量删除完成";
}

/** A row of the operation log. */
export function deletionView(row: DeletionRow): OutputOf<typeof deletionSchema> {
  return {
    deletion_id: row.deletion_id,
    task_id: row.task_id,
    who: row.who,
    request_id: row.request_id,
    job_id: row.job_id,
    requested_at: formatLocalTime(row.requested_at),
    finished_at: formatOptionalTime(row.finished_at),
    options: { delete_database_records: row.delete_database_records === 1, force: row.force === 1 },
    outcome: row.state,
    directory_deleted: row.directory_deleted === 1,
    deleted_files_count: row.deleted_files_count,
    deleted_size: row.deleted_size_bytes === null ? null : formatSize(row.deleted_size_bytes),
    deleted_size_bytes: row.deleted_size_bytes,
    unmeasured_files: row.unmeasured_files,
    allocated_bytes: row.allocated_bytes,
    // Until it is gone, it is what would be freed.
    freed_bytes: row.state === "purged" ? row.freed_bytes : null,
    directories_count: row.directories_count,
    links_count: row.links_count,
    free_bytes_change: row.free_bytes_change,
    duration_ms: row.duration_ms,
    ...(row.error_code === null
      ? { error: row.error, error_code: null }
      : batchFailure(row.error_code as ErrorCode)),
    error_detail: row.error_code === null ? null : row.error,
    failed_attempts: row.failed_attempts,
    stuck_since: formatOptionalTime(row.stuck_since),
    sequence: row.sequence,
    previous_hash: row.previous_hash,
    hash: row.hash,
  };
}
