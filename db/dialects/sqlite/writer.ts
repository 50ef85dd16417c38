/** The one connection that writes: its transactions follow each other in the order in which they were asked for. */
import { setImmediate } from "node:timers";
import type { QueryResult } from "kysely";
import { CommitInDoubt } from "../../database.ts";
import type { Changes } from "./changes.ts";
import { type Connection, EVERYTHING } from "./connection.ts";
import { isFull } from "./space.ts";
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

/** Transactions of which each is done, and which wait for the one commit that makes them all stand. */
interface Group {
  written: Set<string>;
  committed: PromiseWithResolvers<void>;
}

export class Writer {
  readonly #deps: WriterDependencies;
  readonly #commitFault: CommitFault;
  /** Resolves when the last of those who asked so far is done. */
  #last = Promise.resolve();
  #endTurn = () => {};
  #written = new Set<string>();
  #group: Group | undefined;
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
    await this.#takeTurn();
    try {
      this.#commitGroup();
      await this.#lock(deadline);
    } catch (error) {
      this.#endTurn();
      throw error;
    }
    this.#written = new Set();
  }

  /** Within a transaction. */
  execute(sql: string, parameters: readonly unknown[]): QueryResult<unknown> {
    const statement = this.#deps.connection.prepare(sql);
    let isWritten = true;
    try {
      const result = statement.execute(parameters);
      // Workers that claim when nothing waits must not make everybody's answers be computed anew.
      isWritten = result.rows.length > 0 || (result.numAffectedRows ?? 0n) > 0n;
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back by itself, those with it that only waited for the commit.
      if (!this.#deps.connection.isInTransaction) this.#rejectGroup(error);
      throw error;
    } finally {
      if (isWritten || statement.writes.has(EVERYTHING)) {
        for (const table of statement.writes) this.#written.add(table);
      }
    }
  }

  /**
   * Whatever it throws, the transaction has to be rolled back, whether it stands or not.
   *
   * @throws {CommitInDoubt} unless the disk is full: what SQLite could not write whole does not stand
   */
  commit(): void {
    this.#commit(this.#written);
    this.#endTurn();
  }

  rollback(): void {
    try {
      this.#rollbackAll();
    } finally {
      this.#endTurn();
    }
  }

  /**
   * As {@linkcode begin}, for a transaction that may share its commit: those that are asked for until the event loop comes
   * round again follow each other as savepoints of one. A commit waits for the disk, which takes longer than all else.
   */
  async beginShared(): Promise<void> {
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    await this.#takeTurn();
    try {
      if (this.#group === undefined) {
        await this.#lock(deadline);
        this.#group = { written: new Set(), committed: Promise.withResolvers() };
        // Whoever waits for it is told; when each of them failed by itself, nobody does.
        this.#group.committed.promise.catch(() => {});
        setImmediate(() => void this.#endGroup());
      }
      this.#deps.connection.execute("savepoint shared");
    } catch (error) {
      this.#endTurn();
      throw error;
    }
    this.#written = new Set();
  }

  /**
   * Ends a transaction of {@linkcode beginShared}. What it returns resolves when the shared commit stands, and rejects with
   * {@linkcode CommitInDoubt} for all that share it, or with another error when the engine had to take them all back.
   *
   * @throws {Error} and then it has to be rolled back
   */
  releaseShared(): Promise<void> {
    const { written, committed } = this.#group!;
    this.#deps.connection.execute("release shared");
    for (const table of this.#written) written.add(table);
    this.#endTurn();
    return committed.promise;
  }

  /**
   * Takes back a transaction of {@linkcode beginShared} alone. What it saw of those before it may be why it failed: what it
   * returns resolves, or rejects, as theirs does.
   */
  rollbackShared(): Promise<void> {
    const group = this.#group;
    try {
      if (this.#deps.connection.isInTransaction) {
        this.#deps.connection.execute("rollback to shared");
        this.#deps.connection.execute("release shared");
      } else {
        this.#rejectGroup(new Error("the database rolled the transaction back"));
      }
    } catch (error) {
      // What it wrote must not be committed with the others.
      this.#rejectGroup(error);
      this.#rollbackAll();
    } finally {
      this.#endTurn();
    }
    const isWaiting = group !== undefined && group === this.#group && group.written.size > 0;
    return isWaiting ? group.committed.promise : Promise.resolve();
  }

  async #takeTurn(): Promise<void> {
    const turn = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = turn.promise;
    await before;
    this.#endTurn = turn.resolve;
  }

  /** Every transaction here writes; taking the lock at once turns a late SQLITE_BUSY into an early wait. */
  async #lock(deadline: number): Promise<void> {
    await untilFree(() => this.#deps.connection.execute("begin immediate"), deadline);
  }

  async #endGroup(): Promise<void> {
    await this.#takeTurn();
    try {
      this.#commitGroup();
    } catch {
      // It could not even be rolled back: whoever begins next is told by the engine.
    } finally {
      this.#endTurn();
    }
  }

  /** What the group's commit reports is told to those who share it. */
  #commitGroup(): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    try {
      this.#commit(group.written);
      group.committed.resolve();
    } catch (error) {
      group.committed.reject(error);
      this.#rollbackAll();
    }
  }

  #rejectGroup(error: unknown): void {
    this.#group?.committed.reject(error);
    this.#group = undefined;
  }

  #commit(written: ReadonlySet<string>): void {
    const fault = this.#commitFault(++this.#commits);
    try {
      this.#deps.connection.execute(fault === "lost" ? "rollback" : "commit");
      if (fault !== undefined) throw new Error("the commit was made to report an error");
    } catch (error) {
      throw isFull(error) ? error : new CommitInDoubt(error);
    } finally {
      this.#deps.changes.count(written);
    }
  }

  #rollbackAll(): void {
    // A full disk makes SQLite roll back by itself, and a commit in doubt may stand.
    if (this.#deps.connection.isInTransaction) this.#deps.connection.execute("rollback");
  }
}
