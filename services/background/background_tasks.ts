/** Background tasks: made by pipelines and services, claimed and done by workers outside (api.md 2). */
import { BACKGROUND_TASK_TYPES, type BackgroundTaskType } from "../../domain/background_task_states.ts";
import {
  admitDue,
  type BackgroundTaskFilter,
  BackgroundTaskList,
  type BackgroundTaskListRow,
  claimNext,
  extendLease,
  findBackgroundTask,
  findByIdempotencyKey,
  insertBackgroundTask,
  projectExists,
  updateBackgroundTask,
} from "../../db/queries/background_tasks.ts";
import type { Executor } from "../../db/database.ts";
import type { BackgroundTaskRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import {
  assertCancellable,
  assertLease,
  assertProgress,
  NO_LEASE,
} from "../../domain/background_task_states.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { decideAndAsk, isSameRow } from "../decide_and_ask.ts";
import type { Leases } from "./leases.ts";
import type { TaskEvents, Watch } from "./task_events.ts";

export type { BackgroundTaskRow } from "../../db/schema.ts";
export type { BackgroundTaskFilter, BackgroundTaskListRow } from "../../db/queries/background_tasks.ts";
export type { Watch } from "./task_events.ts";

const DEFAULT_MAX_ATTEMPTS = 3;
const DEFAULT_LEASE_SECONDS = 60;

export interface BackgroundTaskOrder {
  project_id: number;
  task_type: BackgroundTaskType;
  params?: Record<string, unknown>;
  total?: number;
  /** A higher number goes first; 0 unless told. */
  priority?: number;
  max_attempts?: number;
  /** Epoch milliseconds; at once unless told. */
  run_at?: number;
  /** The same key in the same project is the same task. */
  idempotency_key?: string;
}

export interface ClaimRequest {
  /** Any, unless told. */
  task_types?: readonly BackgroundTaskType[];
  worker: string;
  lease_seconds?: number;
}

/** What a worker says of the task it holds; without more than the token it only keeps the lease. */
export interface WorkerReport {
  lease_token: string;
  progress?: number;
  total?: number;
  status?: "completed" | "failed";
  /** With `completed`. */
  result?: Record<string, unknown> | null;
  /** With `failed`. */
  error_message?: string;
}

/** `number` counts from 1. */
export interface NumberedPage {
  number: number;
  size: number;
}

export interface BackgroundTasksDependencies {
  database: Database;
  leases: Leases;
  taskEvents: TaskEvents;
  clock: () => number;
}

export class BackgroundTasks {
  readonly #deps: BackgroundTasksDependencies;
  readonly #list: BackgroundTaskList;

  constructor(dependencies: BackgroundTasksDependencies) {
    this.#deps = dependencies;
    this.#list = new BackgroundTaskList(dependencies.database);
  }

  /** The newest that match. */
  list(filter: BackgroundTaskFilter, limit: number): Promise<BackgroundTaskListRow[]> {
    return this.#list.rows(filter, limit);
  }

  /** One page, newest first, and how many match in all. */
  async page(
    filter: BackgroundTaskFilter,
    { number, size }: NumberedPage,
  ): Promise<{ rows: BackgroundTaskListRow[]; total: number }> {
    const total = await this.#list.total(filter);
    const offset = (number - 1) * size;
    // Behind the end there is nothing to step over, however far.
    return { rows: offset >= total ? [] : await this.#list.rows(filter, size, offset), total };
  }

  /** @throws {PipekeepError} background_task_not_found */
  get(id: number): Promise<BackgroundTaskRow> {
    return get(this.#deps.database.kysely, id);
  }

  /**
   * Makes a task, or finds the one that this project made with the same `idempotency_key`, as it is by now.
   *
   * @throws {PipekeepError} invalid_input, when there is no such project
   */
  async create(order: BackgroundTaskOrder): Promise<{ task: BackgroundTaskRow; created: boolean }> {
    const { project_id, idempotency_key } = order;
    return await this.#decide(async (trx) => {
      if (idempotency_key !== undefined) {
        const task = await findByIdempotencyKey(trx, project_id, idempotency_key);
        if (task !== undefined) return { task, created: false };
      }
      if (!await projectExists(trx, project_id)) throw noProject(project_id);
      const now = this.#deps.clock();
      const run_at = order.run_at ?? now;
      const task = await insertBackgroundTask(trx, {
        project_id,
        task_type: order.task_type,
        status: "pending",
        progress: 0,
        total: order.total ?? 0,
        priority: order.priority ?? 0,
        attempts: 0,
        max_attempts: order.max_attempts ?? DEFAULT_MAX_ATTEMPTS,
        version: 1,
        created_at: now,
        run_at,
        due: run_at <= now ? 1 : 0,
        started_at: null,
        completed_at: null,
        worker: null,
        ...NO_LEASE,
        idempotency_key: idempotency_key ?? null,
        error_message: "",
        result: null,
        params: JSON.stringify(order.params ?? {}),
      });
      return { task, created: true };
    }, ({ task }) => task);
  }

  /**
   * Cancels a task that is pending or running. Its worker learns of it with its next report.
   *
   * @throws {PipekeepError} background_task_not_found, background_task_not_cancellable
   */
  async cancel(id: number): Promise<void> {
    const task = await this.#decide(async (trx) => {
      assertCancellable(await get(trx, id));
      return await updateBackgroundTask(trx, id, {
        status: "cancelled",
        due: 1,
        completed_at: this.#deps.clock(),
        ...NO_LEASE,
      });
    }, (task) => task);
    this.#deps.taskEvents.publish([task]);
  }

  /**
   * Gives the next task that is due to a worker, with a lease of its own; undefined when there is none. Order:
   * priority, then `created_at`, then `id`.
   */
  async claim(request: ClaimRequest): Promise<BackgroundTaskRow | undefined> {
    const claim = {
      task_types: [...new Set(request.task_types ?? BACKGROUND_TASK_TYPES)],
      worker: request.worker,
      lease_token: crypto.randomUUID(),
      lease_seconds: request.lease_seconds ?? DEFAULT_LEASE_SECONDS,
    };
    const { taken, task } = await this.#decide(async (trx) => {
      const now = this.#deps.clock();
      const taken = await this.#deps.leases.takeBack(trx, now);
      await admitDue(trx, now);
      return { taken, task: await claimNext(trx, claim, now) };
    }, ({ task }) => task);
    this.#deps.leases.announce(taken);
    if (task !== undefined) this.#deps.taskEvents.publish([task]);
    return task;
  }

  /**
   * Takes what a worker says, and lets its lease last as long again as it claimed it for.
   *
   * @throws {PipekeepError} background_task_not_found, lease_lost; invalid_input, when progress would exceed the total
   */
  async report(id: number, report: WorkerReport): Promise<BackgroundTaskRow> {
    const task = await this.#decide(async (trx) => {
      const now = this.#deps.clock();
      const task = await get(trx, id);
      assertLease(task, report.lease_token, now);
      const { progress = task.progress, total = task.total, status } = report;
      assertProgress({ progress, total }, report.progress === undefined ? "total" : "progress");
      if (status !== undefined) {
        return await updateBackgroundTask(trx, id, {
          status,
          progress,
          total,
          completed_at: now,
          result: report.result ? JSON.stringify(report.result) : null,
          error_message: report.error_message ?? "",
          ...NO_LEASE,
        });
      }
      const lease_expires_at = now + task.lease_seconds! * 1000;
      if (progress === task.progress && total === task.total) {
        return await extendLease(trx, id, lease_expires_at);
      }
      return await updateBackgroundTask(trx, id, { progress, total, lease_expires_at });
    }, (task) => task);
    this.#deps.taskEvents.publish([task]);
    return task;
  }

  /**
   * Watches a task; how it stands now is the first that comes. The caller closes it.
   *
   * @throws {PipekeepError} background_task_not_found
   */
  async watch(id: number): Promise<Watch> {
    const watch = this.#deps.taskEvents.watch(id);
    try {
      this.#deps.taskEvents.publish([await this.get(id)]);
      return watch;
    } catch (error) {
      watch.close();
      throw error;
    }
  }

  /** @param rowOf the task as it was written, by which it is known whether that stands */
  async #decide<Result>(
    work: (trx: Executor) => Promise<Result>,
    rowOf: (result: Result) => BackgroundTaskRow | undefined,
  ): Promise<Result> {
    const { database } = this.#deps;
    return await decideAndAsk(database, {
      sharesCommit: true,
      work,
      stands: async (result) => {
        const row = rowOf(result);
        if (row === undefined) return undefined;
        // Another row than this one may be from before, or from somebody after.
        return isSameRow(await findBackgroundTask(database.kysely, row.id), row) || undefined;
      },
    });
  }
}

async function get(db: Executor, id: number): Promise<BackgroundTaskRow> {
  const task = await findBackgroundTask(db, id);
  if (task === undefined) {
    throw new PipekeepError("background_task_not_found", `there is no background task ${id}`, {
      background_task_id: id,
    });
  }
  return task;
}

function noProject(project_id: number): PipekeepError {
  const message = `must be a project that exists, not ${project_id}`;
  return new PipekeepError("invalid_input", `project_id: ${message}`, {
    problems: [{ field: "project_id", kind: "invalid", message }],
  });
}
