/** The operation log: one entry per attempted deletion (api.md 1.4). */
import { type DeletionFilter, DeletionLog } from "../../db/queries/deletions.ts";
import type { Page, PageRequest } from "../../db/paging.ts";
import type { DeletionRow } from "../../db/schema.ts";
import type { Database } from "../../db/dialects/sqlite/sqlite.ts";

export { DELETION_STATES } from "../../db/schema.ts";
export type { DeletionRow } from "../../db/schema.ts";

export class Audit {
  readonly #log: DeletionLog;

  constructor(database: Database) {
    this.#log = new DeletionLog(database);
  }

  /** One page of attempted deletions, newest first. */
  list(filter: DeletionFilter, page: PageRequest): Promise<Page<DeletionRow>> {
    return this.#log.page(filter, page);
  }
}
