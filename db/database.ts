/** What everything asks of a database, whatever its engine. */
import type { CompiledQuery, Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";

export type TableName = keyof Tables;

/** Kysely itself or a transaction of it. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

export interface Database {
  /** Reads outside a transaction see what is committed, and wait for nobody who writes. */
  readonly kysely: Kysely<Tables>;

  /**
   * The rows of a query that only reads, as arrays in the order of its columns: half of what objects cost. Sees what is
   * committed, and waits for nobody who writes.
   */
  readArrays(query: Pick<CompiledQuery, "sql" | "parameters">): Promise<unknown[][]>;

  /**
   * Looks and writes in one transaction, which stands as a whole or not at all.
   *
   * @throws {CommitInDoubt} when the commit reported an error; any other error means that nothing stands
   */
  transaction<Result>(work: (trx: Transaction<Tables>) => Promise<Result>): Promise<Result>;

  /**
   * The same, for work that waits for nothing but its own statements. Those that come together may share one commit,
   * which waits for the disk once: each resolves when it stands, and if it fails, it fails for all of them. Each sees what
   * those before it wrote, so what `work` throws comes when that stands too.
   *
   * @throws {CommitInDoubt} when the commit reported an error; any other error means that nothing stands
   */
  shareCommit<Result>(work: (trx: Transaction<Tables>) => Promise<Result>): Promise<Result>;

  /**
   * As {@linkcode transaction}, with the tasks of `lockIds` locked, so that what is looked at holds until it is written.
   *
   * @param lockIds in any order, also twice
   * @param work has no effect outside the database: it is done again when the engine asks for that
   * @throws {CommitInDoubt} when the commit reported an error; any other error means that nothing stands
   */
  decide<Result>(
    lockIds: readonly string[],
    work: (trx: Transaction<Tables>) => Promise<Result>,
  ): Promise<Result>;

  /**
   * A word that differs whenever a row of any of these tables may have changed, by this process or another; without
   * tables, a row of any. What was computed while it stayed the same still holds. Words for different tables are not
   * to be compared.
   */
  changeToken(...tables: readonly TableName[]): Promise<string>;

  /**
   * The same, as of `since` (of `performance.now()`) or later: for who looks more than once for one request, where what
   * another process does after that need not be told yet.
   */
  changeTokenSince(since: number, ...tables: readonly TableName[]): Promise<string>;

  /** Whoever still waits for its turn gets an error. */
  close(): Promise<void>;
}

/**
 * A COMMIT reported an error: the transaction may stand or be lost. Whoever gets this asks the database, by an id that
 * the transaction would have written, before concluding anything.
 */
export class CommitInDoubt extends Error {
  override readonly name = "CommitInDoubt";

  /** @param cause what the commit reported */
  constructor(cause: unknown) {
    super(`it is not known whether the transaction stands: ${(cause as Error).message}`, { cause });
  }
}
