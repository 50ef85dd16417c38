/** Rows → what v1 shows of them (api.md 2): column names stay, times become local ISO-8601. Never a lease's token. */
import type {
  BackgroundTaskListRow,
  BackgroundTaskRow,
} from "../../../services/background/background_tasks.ts";
import { formatLocalTime, formatOptionalTime } from "../../../domain/format.ts";

export function taskView(row: BackgroundTaskListRow) {
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

export function taskDetailView(row: BackgroundTaskRow) {
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
export function workerView(row: BackgroundTaskRow) {
  return { ...taskDetailView(row), lease_expires_at: formatOptionalTime(row.lease_expires_at) };
}

/** For the worker that was just given the task: the only place that names the token. */
export function claimView(row: BackgroundTaskRow) {
  return { ...workerView(row), lease_token: row.lease_token };
}
