/** What a pipeline reports of its task and of the task's steps (api.md 1.4), from the look at the record to its answer. */
import type { Database, Executor } from "../../db/database.ts";
import { findUnderWay } from "../../db/queries/deletions.ts";
import { findTask, listSteps, updateStep, updateTask } from "../../db/queries/pipeline_tasks.ts";
import type { StepRow, TaskRow } from "../../db/schema.ts";
import { PipekeepError } from "../../domain/errors.ts";
import {
  assertStepTransition,
  assertTaskTransition,
  isTerminal,
  statusFromSteps,
  type StepStatus,
  summarizeSteps,
  type TaskStatus,
  timesIn,
} from "../../domain/task_states.ts";
import { decideAndAsk, isSameRow } from "../decide_and_ask.ts";
import { notFound, underWay } from "./refusals.ts";

export interface TaskReport {
  status?: TaskStatus;
  task_name?: string;
  result?: unknown;
  error_message?: string;
}

export interface StepReport {
  step_status?: StepStatus;
  execution_id?: string;
  error_message?: string;
}

/** A task with its steps, in their order. */
export interface TaskDetail {
  task: TaskRow;
  steps: StepRow[];
}

/** Writes a report on a record that was looked at with the lock in hand. */
type WriteReport = (trx: Executor, detail: TaskDetail, now: number) => Promise<void>;

/**
 * Takes a report. Returns the record as it is by it.
 *
 * @throws {PipekeepError} task_not_found, and whatever `write` refuses with; storage_failed, when the commit was lost
 * @throws {CommitInDoubt} when the record was changed again before anybody could ask whether the report stands
 */
export async function takeReport(
  { database, clock }: { database: Database; clock: () => number },
  taskId: string,
  write: WriteReport,
): Promise<TaskDetail> {
  const { after } = await decideAndAsk(database, {
    lockIds: [taskId],
    work: async (trx) => {
      const before = await getDetail(trx, taskId);
      await write(trx, before, clock());
      return { before, after: await getDetail(trx, taskId) };
    },
    stands: async ({ before, after }) => {
      const now = await findDetail(database.kysely, taskId);
      if (isSameRow(now, after)) return true;
      return isSameRow(now, before) ? false : undefined;
    },
  });
  return after;
}

/** @throws {PipekeepError} task_not_found */
export async function getDetail(db: Executor, taskId: string): Promise<TaskDetail> {
  const detail = await findDetail(db, taskId);
  if (detail === undefined) throw notFound(taskId);
  return detail;
}

async function findDetail(db: Executor, taskId: string): Promise<TaskDetail | undefined> {
  const task = await findTask(db, taskId);
  return task && { task, steps: await listSteps(db, taskId) };
}

/**
 * What a pipeline says of its task.
 *
 * @throws {PipekeepError} impossible_transition, deletion_in_progress
 */
export function writeTaskReport(report: TaskReport): WriteReport {
  return async (trx, { task }, now) => {
    const { task_id } = task;
    const { status, task_name, result, error_message } = report;
    if (status !== undefined) {
      assertTaskTransition(task_id, task.status, status);
      if (status === "running" && task.status !== "running") await refuseUnderWay(trx, task);
    }
    await updateTask(trx, task_id, {
      ...(status !== undefined && status !== task.status && { status, ...timesIn(status, task, now) }),
      ...(task_name !== undefined && { task_name }),
      ...(result !== undefined && { result: result === null ? null : JSON.stringify(result) }),
      ...(error_message !== undefined && { error_message }),
      updated_at: now,
      reported_at: now,
    });
  };
}

/**
 * What a pipeline says of one step; a task that is not in a terminal state follows its steps.
 *
 * @throws {PipekeepError} step_not_found, impossible_transition, deletion_in_progress
 */
export function writeStepReport(stepName: string, report: StepReport): WriteReport {
  return async (trx, { task, steps }, now) => {
    const { task_id } = task;
    const step = steps.find((step) => step.step_name === stepName);
    if (step === undefined) {
      throw new PipekeepError("step_not_found", `task ${task_id} has no step ${JSON.stringify(stepName)}`, {
        task_id,
        step_name: stepName,
      });
    }
    const { step_status = step.step_status, execution_id, error_message } = report;
    assertStepTransition(task_id, stepName, step.step_status, step_status);
    if (step_status === "running" && step.step_status !== "running") {
      // A step that starts in a task that is over would be running for ever.
      if (isTerminal(task.status)) assertTaskTransition(task_id, task.status, "running");
      await refuseUnderWay(trx, task);
    }
    const changes = {
      step_status,
      ...(step_status !== step.step_status && timesIn(step_status, step, now)),
      ...(execution_id !== undefined && { execution_id }),
      ...(error_message !== undefined && { error_message }),
    };
    await updateStep(trx, task_id, stepName, changes);
    const after = steps.map((other) => other === step ? { ...step, ...changes } : other);
    await updateTask(trx, task_id, { ...followSteps(task, after, now), updated_at: now, reported_at: now });
  };
}

function followSteps(task: TaskRow, steps: readonly StepRow[], now: number) {
  const step_status = summarizeSteps(steps);
  const status = statusFromSteps(steps);
  if (isTerminal(task.status) || status === task.status || status === "pending") return { step_status };
  return { step_status, status, ...timesIn(status, task, now) };
}

async function refuseUnderWay(trx: Executor, { volume_id, task_id }: TaskRow): Promise<void> {
  if ((await findUnderWay(trx, volume_id, [task_id])).size > 0) throw underWay(task_id);
}
