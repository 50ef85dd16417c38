/** Rows → what v1 shows of them (api.md 2): column names stay, times become local ISO-8601. Never a lease's token. */
import { z } from "zod";
import { lazy, type OutputOf } from "../../../http/lazy.ts";
import { BACKGROUND_TASK_STATUSES, BACKGROUND_TASK_TYPES } from "../../../domain/background_task_states.ts";
import type {
  BackgroundTaskListRow,
  BackgroundTaskRow,
} from "../../../services/background/background_tasks.ts";
import { formatLocalTime, formatOptionalTime } from "../../../domain/format.ts";

const localTime = lazy(() => z.string().describe("local time, ISO-8601"));

export const taskSchema = lazy(() =>
  z.strictObject({
    id: z.int(),
    project_id: z.int(),
    task_type: z.enum(BACKGROUND_TASK_TYPES),
    status: z.enum(BACKGROUND_TASK_STATUSES),
    progress: z.int(),
    total: z.int(),
    created_at: localTime(),
  }).meta({ id: "BackgroundTask" })
);

const detail = lazy(() =>
  z.strictObject({
    ...taskSchema().shape,
    params: z.record(z.string(), z.unknown()),
    result: z.record(z.string(), z.unknown()).nullable(),
    error_message: z.string().nullable(),
    started_at: localTime().nullable(),
    completed_at: localTime().nullable(),
    priority: z.int(),
    attempts: z.int(),
    max_attempts: z.int(),
    run_at: localTime(),
    worker: z.string().nullable(),
  })
);
export const taskDetailSchema = lazy(() => detail().meta({ id: "BackgroundTaskDetail" }));
const working = lazy(() => z.strictObject({ ...detail().shape, lease_expires_at: localTime().nullable() }));
export const workerSchema = lazy(() => working().meta({ id: "BackgroundTaskOfWorker" }));
export const claimSchema = lazy(() =>
  z.strictObject({ ...working().shape, lease_token: z.string().nullable() })
    .meta({ id: "BackgroundTaskClaim" })
);

export function taskView(row: BackgroundTaskListRow): OutputOf<typeof taskSchema> {
  return {
    id: row.id,
    project_id: row.project_id,
    task_type: row.task_type,
    status: row.status,
    progress: row.progress,
    total: row.total,
    created_at: formatLocalTime(row.created_at),
  };
}

export function taskDetailView(row: BackgroundTaskRow): OutputOf<typeof taskDetailSchema> {
  const { created_at, ...task } = taskView(row);
  return {
    ...task,
    params: JSON.parse(row.params),
    result: row.result === null ? null : JSON.parse(row.result),
    error_message: row.error_message,
    created_at,
    started_at: formatOptionalTime(row.started_at),
    completed_at: formatOptionalTime(row.completed_at),
    priority: row.priority,
    attempts: row.attempts,
    max_attempts: row.max_attempts,
    run_at: formatLocalTime(row.run_at),
    worker: row.worker,
  };
}

/** For the worker that holds the lease, or just ended it. */
export function workerView(row: BackgroundTaskRow): OutputOf<typeof workerSchema> {
  return { ...taskDetailView(row), lease_expires_at: formatOptionalTime(row.lease_expires_at) };
}

/** For the worker that was just given the task: the only place that names the token. */
export function claimView(row: BackgroundTaskRow): OutputOf<typeof claimSchema> {
  return { ...workerView(row), lease_token: row.lease_token };
}
