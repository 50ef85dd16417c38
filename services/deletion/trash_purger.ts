/**
 * Purges what the last run left in the trash, and entries whose retention ended, and makes the writes that the database
 * refused earlier. What resists is for retries.ts.
 *
 * Options: how often it looks. Limitation: an entry goes up to that much later than its time, and later by up to a day when the
 * clock jumped (trash_clock.ts).
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { listDue } from "../../db/queries/deletions.ts";
import type { DeletionRow } from "../../db/schema.ts";
import { Repeater } from "../repeater.ts";
import type { Availability } from "../training_data/availability.ts";
import { PoolClosed } from "../training_data/tree_pool.ts";
import type { DeferredWrites } from "./deferred_writes.ts";
import { purgeRows } from "./purge_rows.ts";
import { TrashClock } from "./trash_clock.ts";

const log = getLogger(["pipekeep", "trash_purger"]);

const BATCH = 100;

export interface TrashPurgerDependencies {
  database: Database;
  availability: Availability;
  deferred: DeferredWrites;
  clock: () => number;
  /** A clock in milliseconds that nobody sets. */
  monotonic: () => number;
  /** What the last run left to purge. */
  leftovers: readonly DeletionRow[];
}

export interface TrashPurgerOptions {
  /**
   * Milliseconds between two looks.
   * @default 60000
   */
  interval_ms?: number;
}

export class TrashPurger {
  readonly #deps: TrashPurgerDependencies;
  readonly #repeater: Repeater;
  readonly #settled = Promise.withResolvers<void>();
  readonly #clock: TrashClock;
  #leftovers: readonly DeletionRow[];

  constructor(dependencies: TrashPurgerDependencies, options: TrashPurgerOptions = {}) {
    this.#deps = dependencies;
    this.#clock = new TrashClock(dependencies);
    this.#leftovers = dependencies.leftovers;
    this.#repeater = new Repeater({
      interval_ms: options.interval_ms ?? 60_000,
      run: async () => {
        await this.runOnce(this.#deps.clock());
      },
      onError: (error) => {
        // What the program's stop interrupts is finished by the next start.
        if (!(error instanceof PoolClosed)) {
          log.error("the trash could not be purged, trying again later: {error}", { error });
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

  /** Resolves when nothing of the last run is left to purge. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Purges what is due when the clock says `now`, oldest first. Returns how many entries are gone. */
  async runOnce(now: number): Promise<number> {
    const { database, availability, deferred, clock, monotonic } = this.#deps;
    // At once: what follows may take hours.
    const moment = { wall: now, monotonic: monotonic() };
    await deferred.make();
    const trainingData = availability.use();
    const { volumeId } = trainingData;
    let purged = await purgeRows(database, trainingData, this.#leftovers, clock);
    this.#leftovers = [];
    this.#settled.resolve();
    const trusted = await this.#clock.look(volumeId, moment);
    for (;;) {
      const due = await listDue(database.kysely, volumeId, trusted, BATCH);
      const gone = await purgeRows(database, trainingData, due, clock);
      purged += gone;
      if (due.length < BATCH || gone === 0) break;
    }
    if (purged > 0) log.info("{purged} trash entries purged", { purged });
    return purged;
  }
}
