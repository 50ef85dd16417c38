/**
 * A few warm Workers that measure and remove trees. Work is handed out in small portions, round robin over everybody
 * who waits: a tree of ten million files does not keep a small one from going.
 *
 * @module
 */
import type { TreeMeasure, WalkContext } from "./tree_walk.ts";

export type TreeOperation = "expand" | "measure" | "remove";

/** What a Worker is sent. `tops`: the paths are directories that were just renamed themselves. */
export interface TreeRequest {
  id: number;
  operation: TreeOperation;
  context: WalkContext;
  tops: boolean;
  paths: string[];
}

/** What a Worker answers: one outcome per path, and what they took. */
export interface TreeReply {
  id: number;
  outcomes: TreeOutcome[];
  spent_ms: number;
}

/** A directory measured without its subdirectories, and their paths. */
export interface Expansion {
  measure: TreeMeasure;
  subdirectories: string[];
}

export interface TreeFailure {
  name: string;
  code: string;
  message: string;
}

/** One per path. */
export type TreeOutcome<Value = unknown> = { value: Value; error?: undefined } | { error: TreeFailure };

interface Results {
  expand: Expansion;
  measure: TreeMeasure;
  remove: undefined;
}

/** What one message should take: enough to make its 34 µs cheap, little enough to share evenly and to give way soon. */
const PORTION_MS = 8;
/** Paths in one message at most, and in a task's first, when nothing is known of them yet. */
const PORTION_MAX = 64;
const PORTION_FIRST = 2;
/** Messages a Worker has waiting, so that it never idles while the main thread is busy. */
const AHEAD = 2;

interface Task {
  operation: TreeOperation;
  context: WalkContext;
  tops: boolean;
  paths: readonly string[];
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

  /**
   * @param size how many trees are worked on at a time (`--delete-concurrency`)
   * @param isBusy whether readers are being served: then one Worker of two rests
   */
  constructor(size: number, isBusy: () => boolean = () => false) {
    this.size = size;
    this.#isBusy = isBusy;
  }

  /** Starts the Workers, so that the first deletion does not wait for them. */
  warm(): void {
    while (!this.#closed && this.#workers.length < this.size) this.#workers.push(this.#startWorker());
  }

  /** Carries out `operation` on each path and returns the outcomes in the paths' order. Never throws for a path. */
  run<Operation extends TreeOperation>(
    operation: Operation,
    paths: readonly string[],
    context: WalkContext,
    tops: boolean,
  ): Promise<TreeOutcome<Results[Operation]>[]> {
    if (paths.length === 0) return Promise.resolve([]);
    if (this.#closed) return Promise.reject(new PoolClosed());
    this.warm();
    const { promise, resolve, reject } = Promise.withResolvers<TreeOutcome<Results[Operation]>[]>();
    const outcomes: TreeOutcome<Results[Operation]>[] = [];
    const settle = () => resolve(outcomes);
    const task = {
      operation,
      context,
      tops,
      paths,
      outcomes,
      next: 0,
      done: 0,
      spent_ms: 0,
      settle,
      abandon: reject,
    };
    this.#waiting.push(task);
    this.#handOut();
    return promise;
  }

  /** Ends the Workers where they stand; what they were doing stays half done, in the trash, for the next start. */
  close(): void {
    this.#closed = true;
    const abandoned = new Set(this.#waiting);
    for (const poolWorker of this.#workers) {
      poolWorker.worker.terminate();
      for (const { task } of poolWorker.busy.values()) abandoned.add(task);
    }
    for (const task of abandoned) task.abandon(new PoolClosed());
    this.#workers = [];
    this.#waiting = [];
  }

  #handOut(): void {
    const working = this.#isBusy() ? Math.ceil(this.size / 2) : this.size;
    for (let ahead = 0; ahead < AHEAD; ahead++) {
      for (const poolWorker of this.#workers.slice(0, working)) {
        if (poolWorker.busy.size > ahead) continue;
        const task = this.#waiting.shift();
        if (task === undefined) return;
        this.#send(poolWorker, task);
        if (task.next < task.paths.length) this.#waiting.push(task);
      }
    }
  }

  #send(poolWorker: PoolWorker, task: Task): void {
    const count = portionOf(task, this.size);
    const paths = task.paths.slice(task.next, task.next + count);
    const id = this.#nextId++;
    poolWorker.busy.set(id, { task, from: task.next, count: paths.length });
    task.next += paths.length;
    const request: TreeRequest = {
      id,
      operation: task.operation,
      context: task.context,
      tops: task.tops,
      paths,
    };
    poolWorker.worker.postMessage(request);
  }

  #startWorker(): PoolWorker {
    // Bundled into one file, the Worker stands beside it as JavaScript.
    const file = import.meta.url.endsWith(".ts") ? "./tree_worker.ts" : "./tree_worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { type: "module" });
    const poolWorker: PoolWorker = { worker, busy: new Map() };
    worker.onmessage = (event: MessageEvent<TreeReply>) => {
      this.#take(poolWorker, event.data);
      this.#handOut();
    };
    worker.onerror = (event) => {
      event.preventDefault();
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
    if (task.done === task.paths.length) task.settle();
  }

  /** A Worker that died (out of memory, a bug) fails the paths it had; the others go on. */
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

/** How many paths of the task go into the next message. */
function portionOf(task: Task, size: number): number {
  const share = Math.ceil((task.paths.length - task.next) / (size * AHEAD));
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
