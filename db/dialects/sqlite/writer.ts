/** The one connection that writes: its transactions follow each other in the order in which they were asked for. */
import type { QueryResult } from "kysely";
import { CommitInDoubt } from "../../database.ts";
import type { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { LOCK_TIMEOUT_MS, untilFree } from "./waiting.ts";

/**
 * Makes the n-th commit (the first is 1) report an error, for tests: one that stands all the same, or one that is lost.
 */
export type CommitFault = (n: number) => "stands" | "lost" | undefined;

export interface WriterDependencies {
  connection: Connection;
  changes: Changes;
}

export interface WriterOptions {
  /** @default none */
  commitFault?: CommitFault;
}

export class Writer {
  readonly #deps: WriterDependencies;
  readonly #commitFault: CommitFault;
  /** Resolves when the last of those who asked so far is done. */
  #last = Promise.resolve();
  #endTurn = () => {};
  #written = new Set<string>();
  #commits = 0;

  constructor(dependencies: WriterDependencies, options: WriterOptions = {}) {
    this.#deps = dependencies;
    this.#commitFault = options.commitFault ?? (() => undefined);
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
      await untilFree(() => this.#deps.connection.execute("begin immediate"), deadline);
    } catch (error) {
      turn.resolve();
      throw error;
    }
    this.#written = new Set();
    this.#endTurn = turn.resolve;
  }

  /** Within a transaction. */
  execute(sql: string, parameters: readonly unknown[]): QueryResult<unknown> {
    const statement = this.#deps.connection.prepare(sql);
    for (const table of statement.writes) this.#written.add(table);
    return statement.execute(parameters);
  }

  /** @throws {CommitInDoubt} and then the transaction has to be rolled back, whether it stands or not */
  commit(): void {
    const fault = this.#commitFault(++this.#commits);
    try {
      this.#deps.connection.execute(fault === "lost" ? "rollback" : "commit");
      if (fault !== undefined) throw new Error("the commit was made to report an error");
    } catch (error) {
      throw new CommitInDoubt(error);
    } finally {
      this.#deps.changes.count(this.#written);
    }
    this.#endTurn();
  }

  rollback(): void {
    try {
      // A full disk makes SQLite roll back by itself, and a commit in doubt may stand.
      if (this.#deps.connection.isInTransaction) this.#deps.connection.execute("rollback");
    } finally {
      this.#endTurn();
    }
  }
}
