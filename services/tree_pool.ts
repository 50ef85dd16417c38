/**
 * A few warm Workers that measure and remove trees. Work is handed out in small portions, round robin over everybody
 * who waits: a tree of ten million files does not keep a small one from going.
 *
 * @module
 */
import type { Ground, TreeMeasure } from "./tree_walk.ts";

export type TreeOperation = "expand" | "measure" | "remove";

/** What a Worker is sent. `tops`: the paths are directories that were just renamed themselves. */
export interface TreeRequest {
  id: number;
  operation: TreeOperation;
  ground: Ground;
  tops: boolean;
  paths: string[];
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

/** Paths in one message at most: enough to make its 34 µs cheap, few enough to share the work evenly. */
const PORTION = 16;
/** Messages a Worker has waiting, so that it never idles while the main thread is busy. */
const AHEAD = 2;

interface Task {
  operation: TreeOperation;
  ground: Ground;
  tops: boolean;
  paths: readonly string[];
  next: number;
  done: number;
  outcomes: TreeOutcome[];
  settle(): void;
  abandon(reason: Error): void;
}

interface Seat {
  worker: Worker;
  /** Messages under way, by id: whose they are and where their outcomes go. */
  busy: Map<number, { task: Task; from: number; count: number }>;
}

export class TreePool {
  readonly size: number;
  #seats: Seat[] = [];
  #waiting: Task[] = [];
  #nextId = 0;
  #closed = false;

  /** @param size how many trees are worked on at a time (`--delete-concurrency`) */
  constructor(size: number) {
    this.size = size;
  }

  /** Starts the Workers, so that the first deletion does not wait for them. */
  warm(): void {
    while (!this.#closed && this.#seats.length < this.size) this.#seats.push(this.#newSeat());
  }

  /** Carries out `operation` on each path and returns the outcomes in the paths' order. Never throws for a path. */
  run<Operation extends TreeOperation>(
    operation: Operation,
    paths: readonly string[],
    ground: Ground,
    tops: boolean,
  ): Promise<TreeOutcome<Results[Operation]>[]> {
    if (paths.length === 0) return Promise.resolve([]);
    if (this.#closed) return Promise.reject(new PoolClosed());
    this.warm();
    const { promise, resolve, reject } = Promise.withResolvers<TreeOutcome<Results[Operation]>[]>();
    const outcomes: TreeOutcome<Results[Operation]>[] = [];
    const settle = () => resolve(outcomes);
    const task = { operation, ground, tops, paths, outcomes, next: 0, done: 0, settle, abandon: reject };
    this.#waiting.push(task);
    this.#handOut();
    return promise;
  }

  /** Ends the Workers where they stand; what they were doing stays half done, in the trash, for the next start. */
  close(): void {
    this.#closed = true;
    const abandoned = new Set(this.#waiting);
    for (const seat of this.#seats) {
      seat.worker.terminate();
      for (const { task } of seat.busy.values()) abandoned.add(task);
    }
    for (const task of abandoned) task.abandon(new PoolClosed());
    this.#seats = [];
    this.#waiting = [];
  }

  #handOut(): void {
    for (let ahead = 0; ahead < AHEAD; ahead++) {
      for (const seat of this.#seats) {
        if (seat.busy.size > ahead) continue;
        const task = this.#waiting.shift();
        if (task === undefined) return;
        this.#send(seat, task);
        if (task.next < task.paths.length) this.#waiting.push(task);
      }
    }
  }

  #send(seat: Seat, task: Task): void {
    const share = Math.ceil((task.paths.length - task.next) / (this.size * 4));
    const count = Math.min(PORTION, Math.max(1, share));
    const paths = task.paths.slice(task.next, task.next + count);
    const id = this.#nextId++;
    seat.busy.set(id, { task, from: task.next, count: paths.length });
    task.next += paths.length;
    const request: TreeRequest = {
      id,
      operation: task.operation,
      ground: task.ground,
      tops: task.tops,
      paths,
    };
    seat.worker.postMessage(request);
  }

  #newSeat(): Seat {
    // Bundled into one file, the Worker stands beside it as JavaScript.
    const file = import.meta.url.endsWith(".ts") ? "./tree_worker.ts" : "./tree_worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { type: "module" });
    const seat: Seat = { worker, busy: new Map() };
    worker.onmessage = (event: MessageEvent<{ id: number; outcomes: TreeOutcome[] }>) => {
      this.#take(seat, event.data.id, event.data.outcomes);
      this.#handOut();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#replace(seat, event.message);
    };
    return seat;
  }

  #take(seat: Seat, id: number, outcomes: readonly TreeOutcome[]): void {
    const portion = seat.busy.get(id);
    if (portion === undefined) return;
    seat.busy.delete(id);
    const { task, from, count } = portion;
    outcomes.forEach((outcome, i) => task.outcomes[from + i] = outcome);
    task.done += count;
    if (task.done === task.paths.length) task.settle();
  }

  /** A Worker that died (out of memory, a bug) fails the paths it had; the others go on. */
  #replace(seat: Seat, message: string): void {
    seat.worker.terminate();
    if (this.#closed) return;
    this.#seats[this.#seats.indexOf(seat)] = this.#newSeat();
    for (const [id, { count }] of seat.busy) {
      const failure: TreeOutcome = { error: { name: "WorkerError", code: "", message } };
      this.#take(seat, id, Array<TreeOutcome>(count).fill(failure));
    }
    this.#handOut();
  }
}

/** The program is stopping; the next start finishes the work. */
export class PoolClosed extends Error {
  override readonly name = "PoolClosed";

  constructor() {
    super("the tree pool is closed");
  }
}
