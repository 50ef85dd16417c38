/**
 * Purges trash entries whose retention ended, and makes the log's changes that the database refused earlier.
 *
 * Options: how often it looks. Limitation: an entry goes up to that much later than its time.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { listDue } from "../db/deletions.ts";
import type { Database } from "../db/sqlite.ts";
import type { Availability } from "./availability.ts";
import type { OwedChanges } from "./owed_changes.ts";
import { purgeLeftovers } from "./recovery.ts";
import { Repeater } from "./repeater.ts";

const log = getLogger(["pipekeep", "retention"]);

const BATCH = 100;

export interface RetentionOptions {
  /** Milliseconds between two looks; a minute unless told. */
  interval_ms?: number;
}

export class Retention {
  readonly #repeater: Repeater;

  constructor(
    private readonly database: Database,
    private readonly availability: Availability,
    private readonly owed: OwedChanges,
    private readonly clock: () => number,
    options: RetentionOptions = {},
  ) {
    this.#repeater = new Repeater(options.interval_ms ?? 60_000, async () => {
      await this.runOnce(this.clock());
    }, (error) => log.error("retention failed: {error}", { error }));
  }

  start(): void {
    this.#repeater.start();
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Purges what is due at `now`, oldest first. Returns how many entries are gone. */
  async runOnce(now: number): Promise<number> {
    await this.owed.make();
    const trainingData = this.availability.use();
    let purged = 0;
    for (;;) {
      const due = await listDue(this.database.kysely, now, BATCH);
      const gone = await purgeLeftovers(this.database, trainingData, due, this.clock);
      purged += gone;
      if (due.length < BATCH || gone === 0) break;
    }
    if (purged > 0) log.info("retention: {purged} trash entries purged", { purged });
    return purged;
  }
}
