/**
 * Writes that the database refused although they follow from what has happened already (a directory was put back, a tree
 * is gone). They are made before the next deletion, by the trash purger, or, after a crash, by the next start's own look.
 *
 * Each names the states it may come from, so making it twice does nothing: a commit that is in doubt is simply made again.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database, Executor } from "../../db/database.ts";

const log = getLogger(["pipekeep", "deletion"]);

export type Write = (trx: Executor) => Promise<void>;

export interface DeferredWritesDependencies {
  database: Database;
}

export class DeferredWrites {
  readonly #deps: DeferredWritesDependencies;
  #waiting: (() => Promise<void>)[] = [];
  #making: Promise<void> | undefined;

  constructor(dependencies: DeferredWritesDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Makes what waits, in its order; whoever asks meanwhile waits for the same. Throws when the database still refuses; the
   * rest goes on waiting.
   */
  make(): Promise<void> {
    return this.#making ??= this.#makeAll().finally(() => this.#making = undefined);
  }

  async #makeAll(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      await next();
      this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    }
  }

  /** Makes a write now, and then `after`; a refusal puts both off. */
  async settle(write: Write, after: () => void = () => {}): Promise<void> {
    await this.run(async () => {
      await this.#deps.database.decide([], write);
      after();
    });
  }

  /**
   * Does now what may be tried again, such as asking what became of a commit; a failure puts it off. The work itself must not
   * defer anything: it would wait for itself.
   */
  async run(work: () => Promise<void>): Promise<void> {
    this.#waiting.push(work);
    try {
      // Who asks just as the last of the others was made gets their promise, which says nothing of this work.
      while (this.#waiting.includes(work)) await this.make();
    } catch (error) {
      log.error("the log could not be brought up to date yet: {error}", { error });
    }
  }
}

/** The same for work that is deferred itself: a failure is thrown, and puts off the whole of it. */
export function atOnce(database: Database): Pick<DeferredWrites, "settle"> {
  return {
    settle: async (write, after = () => {}) => {
      await database.decide([], write);
      after();
    },
  };
}
