/**
 * Tries again, while the program runs, what is stuck in the trash: removals that failed half way (`purge_failed`), and
 * directories that could not be put back (`stranded`); and makes the writes that the database refused.
 *
 * Options: how often it looks, and how long it waits after a failure: twice as long each time. Limitation: how often an
 * entry was tried is forgotten with the process; a start tries everything at once.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { findUnderWay, listStuck } from "../../db/queries/deletions.ts";
import { markDirectoriesPresent } from "../../db/queries/pipeline_tasks.ts";
import type { DeletionRow } from "../../db/schema.ts";
import { Repeater } from "../repeater.ts";
import type { Availability } from "../training_data/availability.ts";
import type { TrainingData } from "../training_data/training_data.ts";
import { PoolClosed } from "../training_data/tree_pool.ts";
import type { DeferredWrites } from "./deferred_writes.ts";
import { purgeRows } from "./purge_rows.ts";
import { inPlace, putBack, release } from "./steps.ts";

const log = getLogger(["pipekeep", "retries"]);

export interface TrashRetriesDependencies {
  database: Database;
  availability: Availability;
  deferred: DeferredWrites;
  clock: () => number;
}

/** All in milliseconds. */
export interface TrashRetriesOptions {
  /**
   * Between two looks for what is due.
   * @default 1000
   */
  look_ms?: number;
  /**
   * From a failure to the first try.
   * @default 1000
   */
  first_ms?: number;
  /**
   * Between two tries at most.
   * @default 300000
   */
  longest_ms?: number;
}

interface Wait {
  delay_ms: number;
  due_at: number;
}

/** Waits for the database itself, beside those for entries by their deletion ids. */
const DATABASE = "";

export class TrashRetries {
  readonly #deps: TrashRetriesDependencies;
  readonly #first_ms: number;
  readonly #longest_ms: number;
  readonly #repeater: Repeater;
  #waits = new Map<string, Wait>();

  constructor(dependencies: TrashRetriesDependencies, options: TrashRetriesOptions = {}) {
    this.#deps = dependencies;
    this.#first_ms = options.first_ms ?? 1000;
    this.#longest_ms = options.longest_ms ?? 300_000;
    this.#repeater = new Repeater({
      interval_ms: options.look_ms ?? 1000,
      run: async () => void await this.runOnce(performance.now()),
      onError: (error) => {
        if (!(error instanceof PoolClosed)) {
          log.error("what is stuck could not be tried again: {error}", { error });
        }
      },
    });
  }

  start(): void {
    this.#repeater.start();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /**
   * Tries what is due. Returns how many entries are stuck no more.
   *
   * @param elapsed milliseconds of a clock that nobody sets, unlike the one that rows are dated by
   */
  async runOnce(elapsed: number): Promise<number> {
    if ((this.#waits.get(DATABASE)?.due_at ?? 0) > elapsed) return 0;
    try {
      const freed = await this.#tryDue(elapsed);
      this.#waits.delete(DATABASE);
      return freed;
    } catch (error) {
      this.#waitLonger(DATABASE, elapsed);
      throw error;
    }
  }

  async #tryDue(elapsed: number): Promise<number> {
    const { database, availability, deferred, clock } = this.#deps;
    await deferred.make();
    if (availability.reason !== undefined) return 0;
    const trainingData = availability.use();
    const stuck = await listStuck(database.kysely, trainingData.volumeId);
    this.#keepOnly(stuck);
    const due = stuck.filter((row) => this.#isDue(row.deletion_id, elapsed));
    if (due.length === 0) return 0;
    for (const row of due) this.#waitLonger(row.deletion_id, elapsed);
    const failed = due.filter((row) => row.state === "purge_failed");
    const freed = await purgeRows(database, trainingData, failed, clock) +
      await this.#putBack(trainingData, due.filter((row) => row.state === "stranded"));
    log.info("{freed} of {count} stuck entries are stuck no more", { freed, count: due.length });
    return freed;
  }

  /** Puts back those whose place is free by now. */
  async #putBack(trainingData: TrainingData, rows: readonly DeletionRow[]): Promise<number> {
    const { database, clock } = this.#deps;
    const { volumeId } = trainingData;
    const waiting = rows.filter((row) => trainingData.isInTrash(row.deletion_id));
    // Put back by hand, or by a try whose write failed; where it is by now is nobody's business here.
    const gone = rows.filter((row) => !waiting.includes(row));
    const free = waiting.filter((row) => trainingData.inspect(row.task_id) === "absent");
    // Asked after the look: a place that a deletion has emptied is kept for what it may have to put back.
    const underWay = await findUnderWay(database.kysely, volumeId, free.map((row) => row.task_id));
    const { back } = await putBack(trainingData, free.filter((row) => !underWay.has(row.task_id)));
    const over = [...back, ...gone];
    if (over.length === 0) return 0;
    const ids = over.map((row) => row.deletion_id);
    await database.decide(over.map((row) => row.task_id), async (trx) => {
      await release(trx, ids, clock(), "put back when its place was free");
      // A comparison of records and disk may have marked them gone meanwhile; or a deletion took them since.
      await markDirectoriesPresent(trx, volumeId, inPlace(trainingData, over), clock());
    });
    trainingData.receipts.drop(ids);
    return over.length;
  }

  #isDue(id: string, elapsed: number): boolean {
    const wait = this.#waits.get(id);
    if (wait !== undefined) return wait.due_at <= elapsed;
    this.#waits.set(id, { delay_ms: this.#first_ms, due_at: elapsed + this.#first_ms });
    return false;
  }

  #waitLonger(id: string, elapsed: number): void {
    const before = this.#waits.get(id)?.delay_ms;
    const delay_ms = before === undefined ? this.#first_ms : Math.min(2 * before, this.#longest_ms);
    this.#waits.set(id, { delay_ms, due_at: elapsed + delay_ms });
  }

  #keepOnly(rows: readonly DeletionRow[]): void {
    const ids = new Set([DATABASE, ...rows.map((row) => row.deletion_id)]);
    for (const id of this.#waits.keys()) if (!ids.has(id)) this.#waits.delete(id);
  }
}
