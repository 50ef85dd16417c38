/**
 * SQLite behind Kysely, through the runtime's own `node:sqlite`: one connection, its statements prepared once.
 *
 * @module
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from "kysely";
import type { Tables } from "./schema.ts";

/** How many prepared statements are kept; filters combine to some hundred shapes at most. */
const STATEMENT_CACHE_SIZE = 256;

/** How long SQLite itself waits for another process, holding up everything here. */
const BUSY_TIMEOUT_MS = 100;
/** How long a transaction waits for another process, letting everything else go on. */
const BEGIN_TIMEOUT_MS = 5000;
const BEGIN_RETRY_MS = 20;
const SQLITE_BUSY = 5;

/** What Kysely's SQLite driver asks of a statement. */
interface DriverStatement {
  readonly reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>;
}

/** An open database: Kysely for the queries, and the token that tells whether anything changed. */
export interface Database {
  readonly kysely: Kysely<Tables>;
  /**
   * A word that differs whenever any row may have changed since the last call, by this process or another: what was
   * computed under the same token still holds. A rolled back change alters it too, which only costs a second look.
   */
  changeToken(): string;
  /** Folds the write-ahead log into the file and closes it. */
  close(): Promise<void>;
}

/**
 * Opens (or makes) the database file with the settings that a confirmed deletion relies on: WAL,
 * `synchronous=FULL`, foreign keys, a busy timeout for the commands that write beside a running server.
 *
 * @throws {Error} when the file cannot be opened or is no SQLite database
 */
export function openDatabase(path: string): Database {
  const connection = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  try {
    connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    connection.exec("PRAGMA journal_mode = WAL");
    connection.exec("PRAGMA synchronous = FULL");
    connection.exec("PRAGMA temp_store = MEMORY");
    connection.exec("PRAGMA cache_size = -16384");
  } catch (error) {
    connection.close();
    throw error;
  }
  const statements = new StatementCache(connection);
  const kysely = new Kysely<Tables>({ dialect: new ImmediateDialect(statements) });
  const dataVersion = connection.prepare("PRAGMA data_version");
  const totalChanges = connection.prepare("SELECT total_changes() AS n");
  return {
    kysely,
    changeToken: () => `${dataVersion.get()?.data_version}:${totalChanges.get()?.n}`,
    close: async () => {
      try {
        connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      } catch { /* another process reads: the next opener checkpoints */ }
      await kysely.destroy();
    },
  };
}

class StatementCache {
  #connection: DatabaseSync;
  #statements = new Map<string, DriverStatement>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  prepare(sql: string): DriverStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = driverStatement(this.#connection.prepare(sql));
    if (this.#statements.size >= STATEMENT_CACHE_SIZE) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }
}

function driverStatement(statement: StatementSync): DriverStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters as SQLInputValue[]),
    run: (parameters) => statement.run(...parameters as SQLInputValue[]),
    iterate: (parameters) => statement.iterate(...parameters as SQLInputValue[]),
  };
}

/** Every transaction here writes; taking the lock at once turns a late SQLITE_BUSY into an early wait. */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const deadline = performance.now() + BEGIN_TIMEOUT_MS;
    for (;;) {
      try {
        await connection.executeQuery(CompiledQuery.raw("begin immediate"));
        return;
      } catch (error) {
        const isBusy = (error as { errcode?: number }).errcode === SQLITE_BUSY;
        if (!isBusy || performance.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, BEGIN_RETRY_MS));
    }
  }

  /** A full disk makes SQLite roll back by itself; that must not hide what went wrong. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!/no transaction is active/.test((error as Error).message)) throw error;
    }
  }
}

class ImmediateDialect extends SqliteDialect {
  #database: StatementCache;

  constructor(database: StatementCache) {
    const config = { database } as unknown as SqliteDialectConfig;
    super(config);
    this.#database = database;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver({ database: this.#database } as unknown as SqliteDialectConfig);
  }
}
