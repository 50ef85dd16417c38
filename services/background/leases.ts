/**
 * Takes background tasks back whose worker was not heard of for the length of its lease: to pending, or to failed when
 * no attempt is left (api.md 2).
 *
 * Options: how often it looks. Limitation: a task may show as running up to that much after its lease; reports on it
 * are refused from the first moment, and a claim looks for itself.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { expireLeases, hasExpiredLeases } from "../../db/queries/background_tasks.ts";
import type { Executor } from "../../db/database.ts";
import type { BackgroundTaskRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import { Repeater } from "../repeater.ts";
import type { TaskEvents } from "./task_events.ts";

const log = getLogger(["pipekeep", "leases"]);

/** Tasks per transaction: none that holds up the server. */
const BATCH = 100;

export interface LeasesDependencies {
  database: Database;
  taskEvents: TaskEvents;
  clock: () => number;
}

export interface LeasesOptions {
  /**
   * Milliseconds between two looks.
   * @default 1000
   */
  interval_ms?: number;
}

export class Leases {
  readonly #deps: LeasesDependencies;
  readonly #repeater: Repeater;

  constructor(dependencies: LeasesDependencies, options: LeasesOptions = {}) {
    this.#deps = dependencies;
    this.#repeater = new Repeater({
      interval_ms: options.interval_ms ?? 1000,
      run: async () => {
        await this.runOnce(this.#deps.clock());
      },
      onError: (error) => log.error("expired leases were not taken back: {error}", { error }),
    });
  }

  start(): void {
    this.#repeater.start();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Takes back every lease that ran out at `now`. Returns how many tasks wait again, and how many failed by it. */
  async runOnce(now: number): Promise<{ requeued: number; failed: number }> {
    const counts = { requeued: 0, failed: 0 };
    // Looked for first: an update that changes nothing would still wait for the lock to write.
    while (await hasExpiredLeases(this.#deps.database.kysely, now)) {
      const taken = await this.takeBack(this.#deps.database.kysely, now);
      this.announce(taken);
      for (const { status } of taken) counts[status === "failed" ? "failed" : "requeued"]++;
    }
    return counts;
  }

  /** One batch, the longest overdue first, as part of a transaction of the caller's, who then announces it. */
  async takeBack(db: Executor, now: number): Promise<BackgroundTaskRow[]> {
    // To look for one costs a tenth of the statement that takes back, and each claim asks.
    return await hasExpiredLeases(db, now) ? await expireLeases(db, now, BATCH) : [];
  }

  /** Tells the log and the watchers of tasks that were taken back. */
  announce(taken: readonly BackgroundTaskRow[]): void {
    this.#deps.taskEvents.publish(taken);
    for (const { id, status, attempts, max_attempts } of taken) {
      log.warn(
        "the lease of background task {id} ran out in attempt {attempts} of {max_attempts}: {status}",
        {
          id,
          status,
          attempts,
          max_attempts,
        },
      );
    }
  }
}
