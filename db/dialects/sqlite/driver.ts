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

export class TwoConnectionDialect implements Dialect {
  readonly #reader: Connection;
  readonly #writer: Writer;
  readonly #makeSpace: MakeSpace;

  constructor(reader: Connection, writer: Writer, makeSpace: MakeSpace) {
    this.#reader = reader;
    this.#writer = writer;
    this.#makeSpace = makeSpace;
  }

  createAdapter(): DialectAdapter {
    return new TwoConnectionAdapter();
  }

  createDriver(): Driver {
    return new TwoConnectionDriver(this.#reader, this.#writer, this.#makeSpace);
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
  readonly #makeSpace: MakeSpace;

  constructor(reader: Connection, writer: Writer, makeSpace: MakeSpace) {
    this.#reader = reader;
    this.#writer = writer;
    this.#makeSpace = makeSpace;
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<Session> {
    return Promise.resolve(new Session(this.#reader, this.#writer, this.#makeSpace));
  }

  beginTransaction(session: Session): Promise<void> {
    return session.begin();
  }

  // deno-lint-ignore require-await
  async commitTransaction(session: Session): Promise<void> {
    session.commit();
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
  readonly #makeSpace: MakeSpace;
  #isInTransaction = false;

  constructor(reader: Connection, writer: Writer, makeSpace: MakeSpace) {
    this.#reader = reader;
    this.#writer = writer;
    this.#makeSpace = makeSpace;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#isInTransaction) return this.#writer.execute(sql, parameters) as QueryResult<Row>;
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    const statement = await untilFree(() => this.#reader.prepare(sql), deadline);
    const isRead = statement.writes.size === 0;
    const result = isRead
      ? await untilFree(() => statement.execute(parameters), deadline)
      : await withSpace(this.#makeSpace, () => this.#write(sql, parameters));
    return result as QueryResult<Row>;
  }

  /** A single statement is a transaction too: it waits like one. */
  async #write(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    await this.begin();
    try {
      const result = this.#writer.execute(sql, parameters);
      this.commit();
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

  commit(): void {
    this.#writer.commit();
    this.#isInTransaction = false;
  }

  rollback(): void {
    this.#isInTransaction = false;
    this.#writer.rollback();
  }
}
