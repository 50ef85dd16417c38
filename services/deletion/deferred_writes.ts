/**
 * Changes that the database refused although they follow from what has happened already (a directory was put back, a
 * tree is gone). They are made with the next deletion, by retention, or, after a crash, by the next start's own look.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Executor } from "../../db/queries/pipeline_tasks.ts";
import type { Database } from "../../db/dialects/sqlite/sqlite.ts";

const log = getLogger(["pipekeep", "deletion"]);

export type Change = (trx: Executor) => Promise<void>;

export class OwedChanges {
  #changes: Change[] = [];

  constructor(private readonly database: Database) {}

  /** Makes what is owed, all in one transaction. Throws when the database still refuses. */
  async make(): Promise<void> {
    if (this.#changes.length === 0) return;
    const changes = [...this.#changes];
    await this.database.kysely.transaction().execute(async (trx) => {
      for (const change of changes) await change(trx);
    });
    this.#changes = this.#changes.filter((change) => !changes.includes(change));
  }

  /** Makes a change now; a refusal puts it off. */
  async settle(change: Change): Promise<void> {
    this.#changes.push(change);
    try {
      await this.make();
    } catch (error) {
      log.error("the log could not be brought up to date yet: {error}", { error });
    }
  }
}
