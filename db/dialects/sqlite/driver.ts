/**
 * Kysely's driver on two connections. A statement that only reads, outside a transaction, goes to the reader and never
 * waits for anybody who writes; everything else goes to the writer.
 *
 * @module
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Connection } from "./connection.ts";
import { type MakeSpace, withSpace } from "./space.ts";
import { LOCK_TIMEOUT_MS, untilFree } from "./waiting.ts";
import type { Writer } from "./writer.ts";

export interface TwoConnectionDependencies {
  reader: Connection;
  writer: Writer;
  makeSpace: MakeSpace;
  /** Transactions may share their commit, see `shareCommit` of the database. */
  sharesCommits: boolean;
}

export class TwoConnectionDialect implements Dialect {
  readonly #deps: TwoConnectionDependencies;

  constructor(dependencies: TwoConnectionDependencies) {
    this.#deps = dependencies;
  }

  createAdapter(): DialectAdapter {
    return new TwoConnectionAdapter();
  }

  createDriver(): Driver {
    return new TwoConnectionDriver(this.#deps);
  }

  // deno-lint-ignore no-explicit-any
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }
}

class TwoConnectionAdapter extends SqliteAdapter {
  /** Else Kysely would let everybody wait for everybody. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /** A migration stands as a whole or not at all. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class TwoConnectionDriver implements Driver {
  readonly #deps: TwoConnectionDependencies;

  constructor(dependencies: TwoConnectionDependencies) {
    this.#deps = dependencies;
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<Session> {
    return Promise.resolve(new Session(this.#deps));
  }

  beginTransaction(session: Session): Promise<void> {
    return this.#deps.sharesCommits ? session.beginShared() : session.begin();
  }

  commitTransaction(session: Session): Promise<void> {
    return session.commit();
  }

  rollbackTransaction(session: Session): Promise<void> {
    return session.rollback();
  }

  async releaseConnection(): Promise<void> {}

  /** Whoever opened the connections closes them. */
  async destroy(): Promise<void> {}
}

/** What one query, or one transaction, goes through. */
class Session implements DatabaseConnection {
  readonly #deps: TwoConnectionDependencies;
  #isInTransaction = false;
  #isShared = false;

  constructor(dependencies: TwoConnectionDependencies) {
    this.#deps = dependencies;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#isInTransaction) return this.#deps.writer.execute(sql, parameters) as QueryResult<Row>;
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    const statement = await untilFree(() => this.#deps.reader.prepare(sql), deadline);
    const isRead = statement.writes.size === 0;
    const result = isRead
      ? await untilFree(() => statement.execute(parameters), deadline)
      : await withSpace(this.#deps.makeSpace, () => this.#write(sql, parameters));
    return result as QueryResult<Row>;
  }

  /** A single statement is a transaction too: it waits like one. */
  async #write(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    await this.begin();
    try {
      const result = this.#deps.writer.execute(sql, parameters);
      await this.commit();
      return result;
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  // deno-lint-ignore require-yield
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("rows are not streamed here: read them in pages");
  }

  async begin(): Promise<void> {
    await this.#deps.writer.begin();
    this.#isInTransaction = true;
  }

  async beginShared(): Promise<void> {
    await this.#deps.writer.beginShared();
    this.#isInTransaction = true;
    this.#isShared = true;
  }

  async commit(): Promise<void> {
    if (!this.#isShared) {
      this.#deps.writer.commit();
      this.#isInTransaction = false;
      return;
    }
    const committed = this.#deps.writer.releaseShared();
    // What comes of the commit is not this transaction's alone to take back.
    this.#isInTransaction = false;
    await committed;
  }

  /** Without effect on a transaction that is over. What it throws is why another transaction that this one saw was lost. */
  async rollback(): Promise<void> {
    if (!this.#isInTransaction) return;
    this.#isInTransaction = false;
    if (this.#isShared) await this.#deps.writer.rollbackShared();
    else this.#deps.writer.rollback();
  }
}
