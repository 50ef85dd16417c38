/**
 * Keeps records and disk in agreement while the program runs: what appears or vanishes directly in training_data is noticed
 * by a watch on that one directory, and everything by a comparison every five minutes, where watches do not work (NFS).
 *
 * Options: the two intervals. Limitation: what changes below the top level of training_data is nobody's news.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { type Belief, lookAtClock } from "../clock_jumps.ts";
import { Repeater } from "../repeater.ts";
import type { Availability } from "../training_data/availability.ts";
import { STILL_RUNNING_MS } from "./adopt.ts";
import { reconcile, type Reconciliation } from "./reconcile.ts";

const log = getLogger(["pipekeep", "reconcile"]);

/** After a jump ahead of the clock nobody has been quiet for an hour before an hour has passed. */
const JUMPS = { tolerance_ms: 60_000, absence_ms: 3_600_000, hold_ms: STILL_RUNNING_MS };
/** More names than this at once are not looked at one by one. */
const MANY_NAMES = 200;

export interface ReconcilerDependencies {
  database: Database;
  availability: Availability;
  clock: () => number;
  /** A clock in milliseconds that nobody sets. */
  monotonic: () => number;
}

export interface ReconcilerOptions {
  /**
   * Milliseconds between two comparisons of everything.
   * @default 300000
   */
  interval_ms?: number;
  /**
   * How long changes are collected before they are looked at, in milliseconds.
   * @default 500
   */
  settle_ms?: number;
}

export class Reconciler {
  readonly #deps: ReconcilerDependencies;
  readonly #settle_ms: number;
  readonly #interval_ms: number;
  readonly #repeater: Repeater;
  #watcher: Deno.FsWatcher | undefined;
  #watching: Promise<void> = Promise.resolve();
  #names = new Set<string>();
  #first: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One comparison after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #problem: string | undefined;
  #belief: Belief | undefined;

  constructor(dependencies: ReconcilerDependencies, options: ReconcilerOptions = {}) {
    this.#deps = dependencies;
    const { clock, monotonic } = dependencies;
    this.#belief = lookAtClock(undefined, { wall: clock(), monotonic: monotonic() }, JUMPS).belief;
    this.#settle_ms = options.settle_ms ?? 500;
    this.#interval_ms = options.interval_ms ?? 300_000;
    this.#repeater = new Repeater(this.#interval_ms, async () => {
      await this.runOnce(this.#deps.clock());
      this.#problem = undefined;
    }, (error) => this.#complain(error));
  }

  /** Starts the watch, and the comparisons after one interval: the program's start has just made one. */
  start(): void {
    this.#watch();
    this.#first = setTimeout(() => this.#repeater.start(), this.#interval_ms);
  }

  /** Idempotent. Waits for the comparison under way. */
  async stop(): Promise<void> {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#first);
    await this.#watching;
    await this.#repeater.stop();
    await this.#last;
  }

  /**
   * Compares everything at `now`. Returns what it changed.
   *
   * @throws {PipekeepError} training_data_unavailable
   */
  runOnce(now: number): Promise<Reconciliation> {
    return this.#run(now);
  }

  #run(now: number, names?: ReadonlySet<string>): Promise<Reconciliation> {
    const { database, availability, monotonic } = this.#deps;
    const look = lookAtClock(this.#belief, { wall: now, monotonic: monotonic() }, JUMPS);
    this.#belief = look.belief;
    const options = { names, quiet_at: look.trusted };
    const run = this.#last.then(() => reconcile(database, availability.use(), now, options));
    this.#last = run.catch(() => {});
    return run;
  }

  #watch(): void {
    try {
      const trainingData = this.#deps.availability.use();
      const watcher = trainingData.watch();
      this.#watcher = watcher;
      this.#watching = (async () => {
        for await (const { paths } of watcher) {
          for (const path of paths) this.#note(trainingData.nameOf(path));
        }
      })().catch((error) => log.warn("the watch on training_data ended: {error}", { error }));
    } catch (error) {
      log.warn("training_data cannot be watched, it is compared every few minutes: {error}", { error });
    }
  }

  #note(name: string | undefined): void {
    if (name === undefined) return;
    this.#names.add(name);
    if (this.#timer !== undefined || this.#watcher === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const names = this.#names;
      this.#names = new Set();
      this.#run(this.#deps.clock(), names.size > MANY_NAMES ? undefined : names)
        .catch((error) => this.#complain(error));
    }, this.#settle_ms);
  }

  /** Once, until it is another problem or none. */
  #complain(error: unknown): void {
    const { message } = error as Error;
    if (message === this.#problem) return;
    this.#problem = message;
    log.error("records and disk could not be compared: {error}", { error });
  }
}
