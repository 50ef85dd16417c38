/**
 * A few warm Workers that measure and remove trees. Work is handed out in small portions, round robin over everybody
 * who waits: a tree of ten million files does not keep a small one from going.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { LIBRARIES } from "./libc.ts";
import type { TreeMeasure } from "./tree_measure.ts";
import type { Listing, Portion, WalkContext, WalkForm } from "./tree_walk.ts";

const log = getLogger(["pipekeep", "training_data"]);

export type TreeOperation = "list" | "measure" | "remove";

/** What a Worker is sent first. */
export interface TreeOpening {
  libraries: readonly string[];
}

/** What it answers: which walk it has, and why not the other. */
export interface TreeWorkerReady {
  form: WalkForm;
  reason: string;
}

/** What a Worker is sent then. */
export interface TreeRequest {
  id: number;
  operation: TreeOperation;
  form: WalkForm;
  context: WalkContext;
  portions: Portion[];
}

/** What a Worker answers: one outcome per portion, and what they took. */
export interface TreeReply {
  id: number;
  outcomes: TreeOutcome[];
  spent_ms: number;
}

export interface TreeFailure {
  name: string;
  code: string;
  message: string;
}

/** One per portion. */
export type TreeOutcome<Value = unknown> = { value: Value; error?: undefined } | { error: TreeFailure };

interface Results {
  list: Listing;
  measure: TreeMeasure;
  remove: undefined;
}

export interface TreePoolOptions {
  /** How many trees are worked on at a time (`--delete-concurrency`). */
  size: number;
  /**
   * Whether readers are being served: then one Worker of two rests.
   * @default never
   */
  isBusy?: () => boolean;
  /**
   * Where libc lies; none: the walk by the runtime's calls.
   * @default LIBRARIES
   */
  libraries?: readonly string[];
}

/** What one message should take: enough to make its 34 µs cheap, little enough to share evenly and to give way soon. */
const PORTION_MS = 8;
/** Portions in one message at most, and in a task's first, when nothing is known of them yet. */
const PORTION_MAX = 64;
const PORTION_FIRST = 2;
/** Messages a Worker has waiting, so that it never idles while the main thread is busy. */
const AHEAD = 2;

interface Task {
  operation: TreeOperation;
  form: WalkForm;
  context: WalkContext;
  portions: readonly Portion[];
  next: number;
  done: number;
  /** What the Workers took for the done ones, together. */
  spent_ms: number;
  outcomes: TreeOutcome[];
  settle(): void;
  abandon(reason: Error): void;
}

interface PoolWorker {
  worker: Worker;
  /** Settled when the Worker has answered, or never will. */
  ready: PromiseWithResolvers<void>;
  form: WalkForm;
  /** Messages under way, by id: whose they are and where their outcomes go. */
  busy: Map<number, { task: Task; from: number; count: number }>;
}

export class TreePool {
  readonly size: number;
  #workers: PoolWorker[] = [];
  #waiting: Task[] = [];
  #nextId = 0;
  #closed = false;

  readonly #isBusy: () => boolean;
  readonly #libraries: readonly string[];

  constructor(options: TreePoolOptions) {
    const { size, isBusy = () => false, libraries = LIBRARIES } = options;
    this.size = size;
    this.#isBusy = isBusy;
    this.#libraries = libraries;
  }

  /**
   * Starts the Workers, so that the first deletion does not wait for them. Resolves when all have opened libc, or
   * cannot: from then on nobody needs the permission.
   */
  async warm(): Promise<WalkForm> {
    while (!this.#closed && this.#workers.length < this.size) this.#workers.push(this.#startWorker());
    await Promise.all(this.#workers.map((poolWorker) => poolWorker.ready.promise));
    return this.#form;
  }

  /** Carries out `operation` on each portion and returns the outcomes in their order. Never throws for a portion. */
  async run<Operation extends TreeOperation>(
    operation: Operation,
    portions: readonly Portion[],
    context: WalkContext,
  ): Promise<TreeOutcome<Results[Operation]>[]> {
    if (portions.length === 0) return [];
    if (this.#closed) throw new PoolClosed();
    const form = await this.warm();
    if (this.#closed) throw new PoolClosed();
    const { promise, resolve, reject } = Promise.withResolvers<TreeOutcome<Results[Operation]>[]>();
    const outcomes: TreeOutcome<Results[Operation]>[] = [];
    const settle = () => resolve(outcomes);
    const progress = { outcomes, next: 0, done: 0, spent_ms: 0 };
    this.#waiting.push({ operation, form, context, portions, ...progress, settle, abandon: reject });
    this.#handOut();
    return await promise;
  }

  /** Ends the Workers where they stand; what they were doing stays half done, in the trash, for the next start. */
  close(): void {
    this.#closed = true;
    const abandoned = new Set(this.#waiting);
    for (const poolWorker of this.#workers) {
      poolWorker.worker.terminate();
      poolWorker.ready.resolve();
      for (const { task } of poolWorker.busy.values()) abandoned.add(task);
    }
    for (const task of abandoned) task.abandon(new PoolClosed());
    this.#workers = [];
    this.#waiting = [];
  }

  /** The form that all Workers have; one that died may have come back without libc. */
  get #form(): WalkForm {
    return this.#workers.every((poolWorker) => poolWorker.form === "libc") ? "libc" : "runtime";
  }

  #handOut(): void {
    const working = this.#isBusy() ? Math.ceil(this.size / 2) : this.size;
    for (let ahead = 0; ahead < AHEAD; ahead++) {
      for (const poolWorker of this.#workers.slice(0, working)) {
        if (poolWorker.busy.size > ahead) continue;
        const task = this.#waiting.shift();
        if (task === undefined) return;
        this.#send(poolWorker, task);
        if (task.next < task.portions.length) this.#waiting.push(task);
      }
    }
  }

  #send(poolWorker: PoolWorker, task: Task): void {
    const count = portionOf(task, this.size);
    const { operation, form, context } = task;
    const portions = task.portions.slice(task.next, task.next + count);
    const id = this.#nextId++;
    poolWorker.busy.set(id, { task, from: task.next, count: portions.length });
    task.next += portions.length;
    const request: TreeRequest = { id, operation, form, context, portions };
    poolWorker.worker.postMessage(request);
  }

  #startWorker(): PoolWorker {
    // Bundled into one file, the Worker stands beside it as JavaScript.
    const file = import.meta.url.endsWith(".ts") ? "./tree_worker.ts" : "./tree_worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { type: "module" });
    const ready = Promise.withResolvers<void>();
    const poolWorker: PoolWorker = { worker, ready, form: "runtime", busy: new Map() };
    worker.onmessage = ({ data }: MessageEvent<TreeReply | TreeWorkerReady>) => {
      if (!("form" in data)) {
        this.#take(poolWorker, data);
        return this.#handOut();
      }
      poolWorker.form = data.form;
      if (data.form === "runtime" && this.#libraries.length > 0) {
        log.warn("directories are walked without libc, so some deletions are refused: {reason}", { ...data });
      }
      ready.resolve();
    };
    const opening: TreeOpening = { libraries: this.#libraries };
    worker.postMessage(opening);
    worker.onerror = (event) => {
      event.preventDefault();
      ready.resolve();
      this.#replace(poolWorker, event.message);
    };
    return poolWorker;
  }

  #take(poolWorker: PoolWorker, { id, outcomes, spent_ms }: TreeReply): void {
    const portion = poolWorker.busy.get(id);
    if (portion === undefined) return;
    poolWorker.busy.delete(id);
    const { task, from, count } = portion;
    outcomes.forEach((outcome, i) => task.outcomes[from + i] = outcome);
    task.done += count;
    task.spent_ms += spent_ms;
    if (task.done === task.portions.length) task.settle();
  }

  /** A Worker that died (out of memory, a bug) fails the portions it had; the others go on. */
  #replace(poolWorker: PoolWorker, message: string): void {
    poolWorker.worker.terminate();
    if (this.#closed) return;
    this.#workers[this.#workers.indexOf(poolWorker)] = this.#startWorker();
    for (const [id, { count }] of poolWorker.busy) {
      const failure: TreeOutcome = { error: { name: "WorkerError", code: "", message } };
      this.#take(poolWorker, { id, outcomes: Array<TreeOutcome>(count).fill(failure), spent_ms: 0 });
    }
    this.#handOut();
  }
}

/** How many portions of the task go into the next message. */
function portionOf(task: Task, size: number): number {
  const share = Math.ceil((task.portions.length - task.next) / (size * AHEAD));
  const each_ms = task.spent_ms / task.done;
  const timely = task.done === 0 ? PORTION_FIRST : Math.floor(PORTION_MS / Math.max(each_ms, 0.01));
  return Math.max(1, Math.min(PORTION_MAX, share, timely));
}

/** The program is stopping; the next start finishes the work. */
export class PoolClosed extends Error {
  override readonly name = "PoolClosed";

  constructor() {
    super("the tree pool is closed");
  }
}
