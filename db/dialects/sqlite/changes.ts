/**
 * Which tables may have changed. Costs no write and no look at a row: commits of this process are counted per table, as
 * SQLite names the tables that each statement writes, when it changed rows; that another process committed is told by `PRAGMA data_version`,
 * which cannot say where, so every table counts as changed. On the connection that writes it does not move with this
 * process's own commits.
 *
 * @module
 */
import type { TableName } from "../../database.ts";
import { type Connection, EVERYTHING } from "./connection.ts";
import { LOCK_TIMEOUT_MS, untilFree } from "./waiting.ts";

export class Changes {
  readonly #writing: Connection;
  readonly #counts = new Map<string, number>();
  #commits = 0;
  #version = 0;
  /** When the look began that found `#version`. */
  #lookedAt = -Infinity;

  /** @param writing the one connection of this process that writes */
  constructor(writing: Connection) {
    this.#writing = writing;
  }

  /** Counts a commit, or what may have been one; at once after it, before anybody can look. */
  count(tables: ReadonlySet<string>): void {
    if (tables.size === 0) return;
    this.#commits++;
    for (const table of tables) this.#counts.set(table, this.#commits);
  }

  /** See {@linkcode Database.changeToken} and {@linkcode Database.changeTokenSince}. */
  async token(tables: readonly TableName[], since = Infinity): Promise<string> {
    if (this.#lookedAt <= since) await this.#look();
    const last = tables.length === 0
      ? this.#commits
      : Math.max(...[EVERYTHING, ...tables].map((table) => this.#counts.get(table) ?? 0));
    return `${this.#version}:${last}`;
  }

  async #look(): Promise<void> {
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    const { began, rows } = await untilFree(() => {
      const began = performance.now();
      return { began, rows: this.#writing.execute("PRAGMA data_version").rows };
    }, deadline);
    const [{ data_version }] = rows as [{ data_version: number }];
    this.#version = data_version;
    this.#lookedAt = began;
  }
}
