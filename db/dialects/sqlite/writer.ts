/** The one connection that writes: its transactions follow each other in the order in which they were asked for. */
import type { QueryResult } from "kysely";
import type { Connection } from "./connection.ts";
import { LOCK_TIMEOUT_MS, untilFree } from "./waiting.ts";

export class Writer {
  readonly #connection: Connection;
  /** Resolves when the last of those who asked so far is done. */
  #last = Promise.resolve();
  #endTurn = () => {};

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Waits for its turn and then for other processes, and takes the lock. The deadline counts from here on: whoever
   * waited behind somebody who waited in vain does not begin a wait of its own.
   *
   * @throws {Error} "database is locked", when another process holds it past the deadline
   */
  async begin(): Promise<void> {
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    const turn = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = turn.promise;
    await before;
    try {
      // Every transaction here writes; taking the lock at once turns a late SQLITE_BUSY into an early wait.
      await untilFree(() => this.#connection.execute("begin immediate"), deadline);
    } catch (error) {
      turn.resolve();
      throw error;
    }
    this.#endTurn = turn.resolve;
  }

  /** Within a transaction. */
  execute(sql: string, parameters: readonly unknown[]): QueryResult<unknown> {
    return this.#connection.execute(sql, parameters);
  }

  /** When it throws, the transaction has to be rolled back. */
  commit(): void {
    this.#connection.execute("commit");
    this.#endTurn();
  }

  rollback(): void {
    try {
      // A full disk makes SQLite roll back by itself.
      if (this.#connection.isInTransaction) this.#connection.execute("rollback");
    } finally {
      this.#endTurn();
    }
  }
}
