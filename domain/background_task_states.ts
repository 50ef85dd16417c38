/** The state machine of background tasks (docs/state_machines.md); the database's CHECKs and a trigger say the same. */
import { PipekeepError } from "./errors.ts";

export const BACKGROUND_TASK_TYPES = ["search", "dedup", "crawl", "ocr", "index", "keyword_expand"] as const;
export type BackgroundTaskType = typeof BACKGROUND_TASK_TYPES[number];

export const BACKGROUND_TASK_STATUSES = ["pending", "running", "completed", "failed", "cancelled"] as const;
export type BackgroundTaskStatus = typeof BACKGROUND_TASK_STATUSES[number];

const TRANSITIONS: Record<BackgroundTaskStatus, readonly BackgroundTaskStatus[]> = {
  pending: ["running", "cancelled"],
  // Back to pending when the lease runs out and an attempt is left.
  running: ["pending", "completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: [],
};

/** What every task that is not running has of a lease. */
export const NO_LEASE = { lease_token: null, lease_seconds: null, lease_expires_at: null };

/** Whether nothing changes any more. */
export function isOver(status: BackgroundTaskStatus): boolean {
  return TRANSITIONS[status].length === 0;
}

/** @throws {PipekeepError} background_task_not_cancellable */
export function assertCancellable({ id, status }: { id: number; status: BackgroundTaskStatus }): void {
  if (TRANSITIONS[status].includes("cancelled")) return;
  throw new PipekeepError(
    "background_task_not_cancellable",
    `background task ${id} cannot be cancelled: it is ${status}`,
    { background_task_id: id, current_status: status },
  );
}

/** What a lease is judged by; epoch milliseconds. */
export interface LeasedTask {
  id: number;
  status: BackgroundTaskStatus;
  lease_token: string | null;
  lease_expires_at: number | null;
}

/**
 * That `token` is the task's lease at `now`. A lease that ran out is lost at once, not when somebody takes notice.
 *
 * @throws {PipekeepError} lease_lost
 */
export function assertLease(task: LeasedTask, token: string, now: number): void {
  const { id, status, lease_token, lease_expires_at } = task;
  const lost = (message: string) =>
    new PipekeepError("lease_lost", message, { background_task_id: id, current_status: status });
  if (isOver(status)) throw lost(`Task is ${status}: stop working on it`);
  if (token !== lease_token) {
    throw lost("Lease token is not valid: the lease ran out, or another worker has the task");
  }
  if (lease_expires_at! <= now) throw lost("Lease ran out: the task goes to another worker");
}

/**
 * That progress stays within a total that is known (not 0).
 *
 * @throws {PipekeepError} invalid_input, naming the one of them that was given
 */
export function assertProgress(
  { progress, total }: { progress: number; total: number },
  given: "progress" | "total",
): void {
  if (total === 0 || progress <= total) return;
  const message = given === "progress"
    ? `must be at most the total, ${total}, not ${progress}`
    : `must be 0 (unknown) or at least the progress, ${progress}, not ${total}`;
  throw new PipekeepError("invalid_input", `${given}: ${message}`, {
    problems: [{ field: given, kind: "invalid", message }],
  });
}
