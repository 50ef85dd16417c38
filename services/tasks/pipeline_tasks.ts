/** The records of pipeline runs: register, look up, list, and what a pipeline reports (api.md 1.3, 1.4). */
import { projectExists } from "../../db/queries/background_tasks.ts";
import { findUnderWay } from "../../db/queries/deletions.ts";
import type { Page, PageRequest } from "../../db/paging.ts";
import { findTask, insertTasks } from "../../db/queries/pipeline_tasks.ts";
import { type TaskFilter, TaskList, type TaskListRow } from "../../db/queries/task_list.ts";
import type { NewStep, NewTask, TaskRow } from "../../db/schema.ts";
import { CommitInDoubt, type Database, type Executor } from "../../db/database.ts";
import type { Availability } from "../training_data/availability.ts";
import type { TrainingData } from "../training_data/training_data.ts";
import { assertTaskId, taskIdAt } from "../../domain/task_id.ts";
import { exists, noProject, underWay } from "./refusals.ts";
import {
  getDetail,
  type StepReport,
  takeReport,
  type TaskDetail,
  type TaskReport,
  writeStepReport,
  writeTaskReport,
} from "./report.ts";

export type { StepRow } from "../../db/schema.ts";
export type { StepReport, TaskDetail, TaskReport } from "./report.ts";
export type { TaskListRow } from "../../db/queries/task_list.ts";
export type { PageRequest, Position } from "../../db/paging.ts";

export const DEFAULT_STEPS = ["ddl_generation", "qa_generation", "sql_validation", "training_load"];

export interface TaskRegistration {
  /** 1, the default project, unless told. */
  project_id?: number;
  task_id?: string;
  task_name?: string;
  task_type?: string;
  db_name?: string;
  business_context?: string;
  parameters?: Record<string, unknown>;
  created_by?: string;
  steps?: string[];
}

export interface PipelineTasksDependencies {
  database: Database;
  availability: Availability;
  clock: () => number;
}

export class PipelineTasks {
  readonly #deps: PipelineTasksDependencies;
  readonly #list: TaskList;

  constructor(dependencies: PipelineTasksDependencies) {
    this.#deps = dependencies;
    this.#list = new TaskList(dependencies.database);
  }

  list(filter: TaskFilter, page: PageRequest): Promise<Page<TaskListRow>> {
    return this.#list.page(filter, page);
  }

  /** @throws {PipekeepError} invalid_task_id, task_not_found */
  async get(taskId: string): Promise<TaskDetail> {
    assertTaskId(taskId);
    return await getDetail(this.#deps.database.kysely, taskId);
  }

  /**
   * Registers a run: its record, its pending steps and its directory, or none of them.
   *
   * @throws {PipekeepError} invalid_input (no such project), invalid_task_id, task_exists, deletion_in_progress, training_data_unavailable
   */
  async register(registration: TaskRegistration): Promise<TaskRow> {
    const trainingData = this.#deps.availability.use();
    if (registration.task_id !== undefined) assertTaskId(registration.task_id);
    const now = this.#deps.clock();
    const task_id = registration.task_id ?? await this.#freeTaskId(now);
    // Looked at first: a directory made in vain would stand where a deletion may have to put something back.
    await assertFree(this.#deps.database.kysely, trainingData.volumeId, task_id);
    if (trainingData.unregistered.has(task_id)) throw exists(task_id);
    // Before the transaction, which has no effects on the disk. A crash between the two leaves a directory that the next
    // start adopts.
    trainingData.unregistered.add(task_id);
    try {
      trainingData.createDirectory(task_id);
      return await this.#record(trainingData, task_id, registration, now);
    } finally {
      trainingData.unregistered.delete(task_id);
    }
  }

  /** Makes the record; the directory goes again when there is none for certain. */
  async #record(
    trainingData: TrainingData,
    task_id: string,
    registration: TaskRegistration,
    now: number,
  ): Promise<TaskRow> {
    const { volumeId } = trainingData;
    const { project_id = 1 } = registration;
    try {
      return await this.#deps.database.decide([task_id], async (trx) => {
        await assertFree(trx, volumeId, task_id);
        if (!await projectExists(trx, project_id)) throw noProject(project_id);
        const record = recordOf(task_id, registration, now);
        await insertTasks(trx, volumeId, [record], stepsOf(task_id, registration));
        return (await findTask(trx, task_id))!;
      });
    } catch (error) {
      if (error instanceof CommitInDoubt) {
        // Whatever cannot be asked now keeps its directory: with a record it belongs to it, without it is adopted.
        const made = await findTask(this.#deps.database.kysely, task_id);
        if (made?.created_at === now) return made;
      }
      try {
        trainingData.removeEmptyDirectory(task_id);
      } catch { /* somebody has put something into it: it is adopted then */ }
      throw error;
    }
  }

  /**
   * Takes what a pipeline says of its task.
   *
   * @throws {PipekeepError} invalid_task_id, task_not_found, impossible_transition, deletion_in_progress; storage_failed,
   * when the report was lost
   */
  async report(taskId: string, report: TaskReport): Promise<TaskDetail> {
    assertTaskId(taskId);
    return await takeReport(this.#deps, taskId, writeTaskReport(report));
  }

  /**
   * Takes what a pipeline says of one step; a task that is not in a terminal state follows its steps.
   *
   * @throws {PipekeepError} invalid_task_id, task_not_found, step_not_found, impossible_transition,
   * deletion_in_progress; storage_failed, when the report was lost
   */
  async reportStep(taskId: string, stepName: string, report: StepReport): Promise<TaskDetail> {
    assertTaskId(taskId);
    return await takeReport(this.#deps, taskId, writeStepReport(stepName, report));
  }

  async #freeTaskId(now: number): Promise<string> {
    const base = taskIdAt(now);
    const { kysely } = this.#deps.database;
    const trainingData = this.#deps.availability.use();
    for (let i = 1;; i++) {
      const taskId = i === 1 ? base : `${base}_${i}`;
      if (trainingData.unregistered.has(taskId) || trainingData.inspect(taskId) !== "absent") continue;
      if (await findTask(kysely, taskId) !== undefined) continue;
      if ((await findUnderWay(kysely, trainingData.volumeId, [taskId])).size === 0) return taskId;
    }
  }
}

/** @throws {PipekeepError} task_exists, deletion_in_progress */
async function assertFree(db: Executor, volumeId: string, task_id: string): Promise<void> {
  if (await findTask(db, task_id) !== undefined) throw exists(task_id);
  if ((await findUnderWay(db, volumeId, [task_id])).size > 0) throw underWay(task_id);
}

function recordOf(task_id: string, registration: TaskRegistration, now: number): NewTask {
  const steps = registration.steps ?? DEFAULT_STEPS;
  return {
    task_id,
    project_id: registration.project_id ?? 1,
    task_name: registration.task_name ?? null,
    task_type: registration.task_type ?? "data_workflow",
    status: "pending",
    step_status: steps.length === 0 ? null : "pending",
    db_name: registration.db_name ?? null,
    business_context: registration.business_context ?? null,
    parameters: JSON.stringify(registration.parameters ?? {}),
    result: null,
    error_message: null,
    created_by: registration.created_by ?? "guest",
    created_at: now,
    started_at: null,
    completed_at: null,
    updated_at: null,
    directory_exists: 1,
    directory_size_bytes: null,
  };
}

function stepsOf(task_id: string, registration: TaskRegistration): NewStep[] {
  return (registration.steps ?? DEFAULT_STEPS).map((step_name, position) => ({
    task_id,
    position,
    step_name,
    step_status: "pending",
    execution_id: null,
    started_at: null,
    completed_at: null,
    error_message: null,
  }));
}
