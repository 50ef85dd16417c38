/** The state machines of tasks and steps (docs/state_machines.md); the database's CHECKs say the same. */
import { PipekeepError } from "./errors.ts";

export const TASK_STATUSES = [
  "pending",
  "running",
  "partial_completed",
  "completed",
  "failed",
  "cancelled",
] as const;
export type TaskStatus = typeof TASK_STATUSES[number];

export const STEP_STATUSES = ["pending", "running", "completed", "failed", "skipped"] as const;
export type StepStatus = typeof STEP_STATUSES[number];

/** One word over all steps of a task (api.md 1.3). */
export const STEP_SUMMARIES = ["failed", "running", "all_completed", "partial_completed", "pending"] as const;
export type StepSummary = typeof STEP_SUMMARIES[number];

const TASK_TRANSITIONS: Record<TaskStatus, readonly TaskStatus[]> = {
  pending: ["running", "partial_completed", "completed", "failed", "cancelled"],
  running: ["partial_completed", "completed", "failed", "cancelled"],
  partial_completed: ["running", "completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: [],
};

const STEP_TRANSITIONS: Record<StepStatus, readonly StepStatus[]> = {
  pending: ["running", "completed", "failed", "skipped"],
  running: ["completed", "failed", "skipped"],
  completed: [],
  failed: [],
  skipped: [],
};

export function isTerminal(status: TaskStatus): boolean {
  return TASK_TRANSITIONS[status].length === 0;
}

/** @throws {PipekeepError} impossible_transition; staying where one is is possible */
export function assertTaskTransition(taskId: string, from: TaskStatus, to: TaskStatus): void {
  if (from === to || TASK_TRANSITIONS[from].includes(to)) return;
  throw new PipekeepError("impossible_transition", `task ${taskId} cannot go from ${from} to ${to}`, {
    task_id: taskId,
    current_status: from,
  });
}

/** @throws {PipekeepError} impossible_transition; staying where one is is possible */
export function assertStepTransition(taskId: string, step: string, from: StepStatus, to: StepStatus): void {
  if (from === to || STEP_TRANSITIONS[from].includes(to)) return;
  throw new PipekeepError("impossible_transition", `step ${step} cannot go from ${from} to ${to}`, {
    task_id: taskId,
    step_name: step,
    current_status: from,
  });
}

interface Times {
  started_at: number | null;
  completed_at: number | null;
}

/** The timestamps that go with a status: set by the transition, kept afterwards. */
export function timesIn(status: TaskStatus | StepStatus, times: Times, now: number): Times {
  switch (status) {
    case "pending":
      return { started_at: null, completed_at: null };
    case "running":
    case "partial_completed":
      return { started_at: times.started_at ?? now, completed_at: null };
    case "skipped":
    case "cancelled":
      return { started_at: times.started_at, completed_at: times.completed_at ?? now };
    case "completed":
    case "failed":
      return { started_at: times.started_at ?? now, completed_at: times.completed_at ?? now };
  }
}

/** One word over all steps; null without steps (api.md 1.3). */
export function summarizeSteps(steps: readonly { step_status: StepStatus }[]): StepSummary | null {
  if (steps.length === 0) return null;
  const has = (status: StepStatus) => steps.some((step) => step.step_status === status);
  if (has("failed")) return "failed";
  if (has("running")) return "running";
  if (!has("pending")) return "all_completed";
  return has("completed") || has("skipped") ? "partial_completed" : "pending";
}

/** The task status that its steps amount to. A task with a failed step goes on until the running ones end. */
export function statusFromSteps(steps: readonly { step_status: StepStatus }[]): TaskStatus {
  if (steps.some((step) => step.step_status === "running")) return "running";
  const summary = summarizeSteps(steps);
  return summary === null ? "pending" : summary === "all_completed" ? "completed" : summary;
}
