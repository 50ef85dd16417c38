/**
 * Keeps records and disk in agreement while the program runs: what appears or vanishes directly in training_data is noticed
 * by a watch on that one directory, and everything by a comparison every five minutes, where watches do not work (NFS).
 *
 * Options: how often everything is compared, and how soon after the watch's news. Limitation: what changes below the top
 * level of training_data is nobody's news.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { assertTimer } from "../../domain/duration.ts";
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
   * How long nothing more may happen before changes are looked at, in milliseconds.
   * @default 500
   */
  settle_ms?: number;
  /**
   * How long changes wait at most while more of them come, in milliseconds.
   * @default three times `settle_ms`
   */
  longest_settle_ms?: number;
}

export class Reconciler {
  readonly #deps: ReconcilerDependencies;
  readonly #options: Required<ReconcilerOptions>;
  readonly #repeater: Repeater;
  #watcher: Deno.FsWatcher | undefined;
  #watching: Promise<void> = Promise.resolve();
  #names = new Set<string>();
  /** News were lost, could not be looked at, or are older than the watch. */
  #isEverythingNews = false;
  #first: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the news that wait are looked at, even if more of them come. */
  #deadline: number | undefined;
  /** One comparison after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #problem: string | undefined;
  #belief: Belief | undefined;

  /** @throws {RangeError} on an option that is out of range */
  constructor(dependencies: ReconcilerDependencies, options: ReconcilerOptions = {}) {
    const { interval_ms = 300_000, settle_ms = 500 } = options;
    assertTimer("interval_ms", interval_ms, 1);
    assertTimer("settle_ms", settle_ms, 0);
    const { longest_settle_ms = 3 * settle_ms } = options;
    assertTimer("longest_settle_ms", longest_settle_ms, settle_ms);
    this.#deps = dependencies;
    const { clock, monotonic } = dependencies;
    this.#belief = lookAtClock(undefined, { wall: clock(), monotonic: monotonic() }, JUMPS).belief;
    this.#options = { interval_ms, settle_ms, longest_settle_ms };
    this.#repeater = new Repeater({
      interval_ms,
      run: async () => {
        await this.runOnce(this.#deps.clock());
        this.#problem = undefined;
      },
      onError: (error) => this.#complain(error),
    });
  }

  /** Starts the watch, with a comparison behind it, and the comparisons of each interval. */
  start(): void {
    this.#watch();
    // What changed since the program's start compared, before there was a watch, would wait for a whole interval.
    this.#isEverythingNews = true;
    this.#settle();
    this.#first = setTimeout(() => this.#repeater.start(), this.#options.interval_ms);
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
        for await (const { paths, flag } of watcher) {
          if (flag === "rescan") this.#isEverythingNews = true;
          for (const path of paths) {
            const name = trainingData.nameOf(path);
            if (name !== undefined) this.#names.add(name);
          }
          this.#settle();
        }
      })().catch((error) => log.warn("the watch on training_data ended: {error}", { error }));
    } catch (error) {
      log.warn("training_data cannot be watched, it is compared every few minutes: {error}", { error });
    }
  }

  /** Looks at the news once no more came for a while, or they waited long enough. */
  #settle(): void {
    const { settle_ms, longest_settle_ms } = this.#options;
    if (this.#watcher === undefined || (this.#names.size === 0 && !this.#isEverythingNews)) return;
    const now = performance.now();
    this.#deadline ??= now + longest_settle_ms;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.max(0, Math.min(settle_ms, this.#deadline - now)));
  }

  #look(): void {
    const names = this.#isEverythingNews || this.#names.size > MANY_NAMES ? undefined : this.#names;
    this.#names = new Set();
    this.#isEverythingNews = false;
    this.#deadline = undefined;
    this.#run(this.#deps.clock(), names).catch((error) => {
      this.#isEverythingNews = true;
      this.#complain(error);
    });
  }

  /** Once, until it is another problem or none. */
  #complain(error: unknown): void {
    const { message } = error as Error;
    if (message === this.#problem) return;
    this.#problem = message;
    log.error("records and disk could not be compared: {error}", { error });
  }
}
