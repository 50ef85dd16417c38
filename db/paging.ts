/** What every list has in common: newest first, by offset or by cursor, with an exact total that is counted once. */
import type { Database, TableName } from "./database.ts";

/** Where a page starts: after this row, in the list's order. */
export interface Position {
  at: number;
  id: string;
}

/** `limit` is at least 1; `offset` and `after` may not both be given. */
export interface PageRequest {
  limit: number;
  offset: number;
  after?: Position;
}

export interface Page<Row> {
  rows: Row[];
  total: number;
  hasMore: boolean;
}

/** How many distinct filters' totals are remembered. */
const REMEMBERED_TOTALS = 1000;

export interface TotalsDependencies {
  database: Database;
  table: TableName;
}

/**
 * Exact totals, remembered until a row of their table changes. Counting a filter that matches a million rows costs far more than
 * the page of 50 beside it.
 */
export class Totals {
  readonly #deps: TotalsDependencies;
  #token = "";
  #totals = new Map<string, number>();

  constructor(dependencies: TotalsDependencies) {
    this.#deps = dependencies;
  }

  /** The total of the filter named `key`, from memory or by `count`. */
  async get(key: string, count: () => Promise<number>): Promise<number> {
    const { database, table } = this.#deps;
    const token = await database.changeToken(table);
    if (token !== this.#token || this.#totals.size >= REMEMBERED_TOTALS) {
      this.#totals.clear();
      this.#token = token;
    }
    const known = this.#totals.get(key);
    if (known !== undefined) return known;
    const total = await count();
    // A change between the token and the count must not be remembered under the old token.
    const isUnchanged = await database.changeToken(table) === token;
    if (isUnchanged && this.#token === token) this.#totals.set(key, total);
    return total;
  }
}
