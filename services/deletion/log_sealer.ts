/**
 * Seals the log that a program before 0.2 left: rows that ended before there was a chain, by when they ended. In batches
 * beside everything else, since there may be a million; what ends meanwhile is sealed by its own transaction, between them.
 *
 * Options: how often it looks. Limitation: until it is done, {@linkcode verifyLog} says how many are left.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { hasUnsealed, sealOldest } from "../../db/queries/deletion_chain.ts";
import { Repeater } from "../repeater.ts";

const log = getLogger(["pipekeep", "log_sealer"]);

/** Rows per transaction: some ten milliseconds. */
const BATCH = 500;

export interface LogSealerOptions {
  /**
   * Milliseconds between two looks.
   * @default 3600000
   */
  interval_ms?: number;
}

export class LogSealer {
  readonly #database: Database;
  readonly #repeater: Repeater;
  #stopped = false;

  constructor(database: Database, options: LogSealerOptions = {}) {
    this.#database = database;
    this.#repeater = new Repeater({
      interval_ms: options.interval_ms ?? 3_600_000,
      run: async () => void await this.runOnce(),
      onError: (error) => log.error("the log could not be sealed, trying again later: {error}", { error }),
    });
  }

  start(): void {
    this.#stopped = false;
    this.#repeater.start();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#repeater.stop();
  }

  /** Seals everything that is final and not sealed yet, unless it is stopped. Returns how many rows that were. */
  async runOnce(): Promise<number> {
    let sealed = 0;
    // Looked at first: where there is nothing to do, nobody waits for a transaction.
    while (!this.#stopped && await hasUnsealed(this.#database.kysely)) {
      sealed += await this.#database.decide([], (trx) => sealOldest(trx, BATCH));
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    if (sealed > 0) log.info("{sealed} rows of the operation log sealed", { sealed });
    return sealed;
  }
}
