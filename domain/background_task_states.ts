/** The state machine of background tasks (docs/state_machines.md); the database's CHECKs and a trigger say the same. */
import type { BackgroundTaskRow, BackgroundTaskStatus } from "../db/schema.ts";
import { PipekeepError } from "./errors.ts";

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
export function assertCancellable({ id, status }: BackgroundTaskRow): void {
  if (TRANSITIONS[status].includes("cancelled")) return;
  throw new PipekeepError(
    "background_task_not_cancellable",
    `background task ${id} cannot be cancelled: it is ${status}`,
    { background_task_id: id, current_status: status },
  );
}

/**
 * That `token` is the task's lease at `now`. A lease that ran out is lost at once, not when somebody takes notice.
 *
 * @throws {PipekeepError} lease_lost
 */
export function assertLease(task: BackgroundTaskRow, token: string, now: number): void {
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
