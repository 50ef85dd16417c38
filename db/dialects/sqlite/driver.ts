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
import { LOCK_TIMEOUT_MS, untilFree } from "./waiting.ts";
import type { Writer } from "./writer.ts";

export interface DialectOptions {
  /** Transactions may share their commit, see `shareCommit` of the database. @default false */
  sharesCommits?: boolean;
}

export class TwoConnectionDialect implements Dialect {
  readonly #reader: Connection;
  readonly #writer: Writer;
  readonly #sharesCommits: boolean;

  constructor(reader: Connection, writer: Writer, { sharesCommits = false }: DialectOptions = {}) {
    this.#reader = reader;
    this.#writer = writer;
    this.#sharesCommits = sharesCommits;
  }

  createAdapter(): DialectAdapter {
    return new TwoConnectionAdapter();
  }

  createDriver(): Driver {
    return new TwoConnectionDriver(this.#reader, this.#writer, this.#sharesCommits);
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
  readonly #reader: Connection;
  readonly #writer: Writer;
  readonly #sharesCommits: boolean;

  constructor(reader: Connection, writer: Writer, sharesCommits: boolean) {
    this.#reader = reader;
    this.#writer = writer;
    this.#sharesCommits = sharesCommits;
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<Session> {
    return Promise.resolve(new Session(this.#reader, this.#writer));
  }

  beginTransaction(session: Session): Promise<void> {
    return this.#sharesCommits ? session.beginShared() : session.begin();
  }

  commitTransaction(session: Session): Promise<void> {
    return session.commit();
  }

  // deno-lint-ignore require-await
  async rollbackTransaction(session: Session): Promise<void> {
    session.rollback();
  }

  async releaseConnection(): Promise<void> {}

  /** Whoever opened the connections closes them. */
  async destroy(): Promise<void> {}
}

/** What one query, or one transaction, goes through. */
class Session implements DatabaseConnection {
  readonly #reader: Connection;
  readonly #writer: Writer;
  #isInTransaction = false;
  #isShared = false;

  constructor(reader: Connection, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#isInTransaction) return this.#writer.execute(sql, parameters) as QueryResult<Row>;
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    const statement = await untilFree(() => this.#reader.prepare(sql), deadline);
    const isRead = statement.writes.size === 0;
    const result = isRead
      ? await untilFree(() => statement.execute(parameters), deadline)
      : await this.#write(sql, parameters);
    return result as QueryResult<Row>;
  }

  /** A single statement is a transaction too: it waits like one. */
  async #write(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    await this.begin();
    try {
      const result = this.#writer.execute(sql, parameters);
      await this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  // deno-lint-ignore require-yield
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("rows are not streamed here: read them in pages");
  }

  async begin(): Promise<void> {
    await this.#writer.begin();
    this.#isInTransaction = true;
  }

  async beginShared(): Promise<void> {
    await this.#writer.beginShared();
    this.#isInTransaction = true;
    this.#isShared = true;
  }

  async commit(): Promise<void> {
    if (!this.#isShared) {
      this.#writer.commit();
      this.#isInTransaction = false;
      return;
    }
    const committed = this.#writer.releaseShared();
    // What comes of the commit is not this transaction's alone to take back.
    this.#isInTransaction = false;
    await committed;
  }

  /** Without effect on a transaction that is over. */
  rollback(): void {
    if (!this.#isInTransaction) return;
    this.#isInTransaction = false;
    if (this.#isShared) this.#writer.rollbackShared();
    else this.#writer.rollback();
  }
}
