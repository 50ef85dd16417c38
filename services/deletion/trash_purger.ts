/**
 * Purges what the last run left in the trash, what resisted an earlier purge, and entries whose retention ended, and
 * makes the log's changes that the database refused earlier.
 *
 * Options: how often it looks. Limitation: an entry goes up to that much later than its time.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { listDue, listStuck } from "../../db/queries/deletions.ts";
import type { DeletionRow } from "../../db/schema.ts";
import type { Database } from "../../db/dialects/sqlite/sqlite.ts";
import type { Availability } from "../training_data/availability.ts";
import { purgeLeftovers } from "./recover.ts";
import type { OwedChanges } from "./deferred_writes.ts";
import { Repeater } from "../repeater.ts";
import { PoolClosed } from "../training_data/tree_pool.ts";

const log = getLogger(["pipekeep", "retention"]);

const BATCH = 100;

export interface RetentionOptions {
  /** Milliseconds between two looks; a minute unless told. */
  interval_ms?: number;
}

export class Retention {
  readonly #repeater: Repeater;
  readonly #settled = Promise.withResolvers<void>();
  #leftovers: readonly DeletionRow[];

  /** @param leftovers what the last run left to purge */
  constructor(
    private readonly database: Database,
    private readonly availability: Availability,
    private readonly owed: OwedChanges,
    private readonly clock: () => number,
    leftovers: readonly DeletionRow[],
    options: RetentionOptions = {},
  ) {
    this.#leftovers = leftovers;
    this.#repeater = new Repeater(options.interval_ms ?? 60_000, async () => {
      await this.runOnce(this.clock());
    }, (error) => {
      // What the program's stop interrupts is finished by the next start.
      if (!(error instanceof PoolClosed)) {
        log.error("retention failed, trying again later: {error}", { error });
      }
    });
  }

  start(): void {
    this.#repeater.start();
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Resolves when nothing of the last run is left to purge. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Purges what is due at `now`, oldest first. Returns how many entries are gone. */
  async runOnce(now: number): Promise<number> {
    await this.owed.make();
    const trainingData = this.availability.use();
    let purged = await purgeLeftovers(this.database, trainingData, this.#leftovers, this.clock);
    this.#leftovers = [];
    this.#settled.resolve();
    const stuck = await listStuck(this.database.kysely);
    purged += await purgeLeftovers(this.database, trainingData, stuck, this.clock);
    for (;;) {
      const due = await listDue(this.database.kysely, now, BATCH);
      const gone = await purgeLeftovers(this.database, trainingData, due, this.clock);
      purged += gone;
      if (due.length < BATCH || gone === 0) break;
    }
    if (purged > 0) log.info("{purged} trash entries purged", { purged });
    return purged;
  }
}
