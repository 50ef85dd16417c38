/**
 * One connection of `node:sqlite`: its statements are prepared once, and of each it is known what it writes.
 *
 * @module
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { QueryResult } from "kysely";
import { assertBindable } from "./bindable.ts";

/** How many prepared statements are kept; filters combine to some hundred shapes at most. */
const STATEMENT_CACHE_SIZE = 256;

/** How long opening waits for another process, in milliseconds. It holds up everything here, so only opening does. */
const OPEN_TIMEOUT_MS = 1000;

const SQLITE_BUSY = 5;

/** Stands among {@linkcode Statement.writes} for what is no change of one table's rows, as a change of the schema. */
export const EVERYTHING = "*";

export interface Statement {
  /** The tables that it may write, those of its triggers and cascades among them; empty: it only reads. */
  readonly writes: ReadonlySet<string>;
  /** @throws {UnbindableText} before anything runs */
  execute(parameters: readonly unknown[]): QueryResult<unknown>;
  /** Its rows as arrays. @throws {UnbindableText} before anything runs */
  readArrays(parameters: readonly unknown[]): unknown[][];
}

export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Statement>();
  #writes: Set<string> | undefined;

  /**
   * Nothing done with it waits for another process: it throws at once, see {@linkcode isBusy}.
   *
   * @throws {Error} when the file cannot be opened or is no SQLite database
   */
  constructor(path: string, options: { readOnly: boolean; pragmas: readonly string[] }) {
    const { readOnly, pragmas } = options;
    this.#database = new DatabaseSync(path, { readOnly, enableForeignKeyConstraints: true });
    try {
      this.#database.exec(`PRAGMA busy_timeout = ${OPEN_TIMEOUT_MS}`);
      for (const pragma of pragmas) this.#database.exec(`PRAGMA ${pragma}`);
      this.#database.exec("PRAGMA busy_timeout = 0");
    } catch (error) {
      this.#database.close();
      throw error;
    }
    // Set once and for good: setting it again makes SQLite prepare every statement anew.
    (this.#database as DatabaseSync & Authorizing).setAuthorizer((action, subject) => {
      if (this.#writes !== undefined) noteWrites(this.#writes, action, subject);
      return AUTHORIZER.OK;
    });
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** The statement of this text, prepared at its first use. */
  prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const writes = new Set<string>();
    this.#writes = writes;
    let prepared: StatementSync;
    try {
      prepared = this.#database.prepare(sql);
    } finally {
      this.#writes = undefined;
    }
    const statement = { writes, execute: executorOf(prepared), readArrays: arrayReaderOf(prepared) };
    if (this.#statements.size >= STATEMENT_CACHE_SIZE) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  execute(sql: string, parameters: readonly unknown[] = []): QueryResult<unknown> {
    return this.prepare(sql).execute(parameters);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** Whether an error says that another connection holds the lock that was wanted. */
export function isBusy(error: unknown): boolean {
  // The low byte is the kind, the rest says more of it.
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY;
}

/** The runtime has it (Deno 2.9, Node 24.10); its types do not know yet. */
interface Authorizing {
  setAuthorizer(authorizer: (action: number, subject: string | null) => number): void;
}

/** The same. */
interface AsArrays {
  setReturnArrays(asArrays: boolean): void;
}

/** What SQLite's authorizer is asked, as sqlite3.h numbers it. */
const AUTHORIZER = {
  OK: 0,
  DELETE: 9,
  INSERT: 18,
  PRAGMA: 19,
  READ: 20,
  SELECT: 21,
  UPDATE: 23,
  FUNCTION: 31,
  RECURSIVE: 33,
};

const ROW_CHANGES = [AUTHORIZER.DELETE, AUTHORIZER.INSERT, AUTHORIZER.UPDATE];
const READS = [
  AUTHORIZER.PRAGMA,
  AUTHORIZER.READ,
  AUTHORIZER.SELECT,
  AUTHORIZER.FUNCTION,
  AUTHORIZER.RECURSIVE,
];

function noteWrites(writes: Set<string>, action: number, subject: string | null): void {
  if (READS.includes(action)) return;
  writes.add(ROW_CHANGES.includes(action) && subject !== null ? subject : EVERYTHING);
}

function executorOf(statement: StatementSync): Statement["execute"] {
  if (statement.columns().length > 0) {
    return (parameters) => ({ rows: statement.all(...bindable(parameters)) });
  }
  return (parameters) => {
    const { changes, lastInsertRowid } = statement.run(...bindable(parameters));
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  };
}

function arrayReaderOf(prepared: StatementSync): Statement["readArrays"] {
  const statement = prepared as StatementSync & AsArrays;
  return (parameters) => {
    const bound = bindable(parameters);
    statement.setReturnArrays(true);
    try {
      return statement.all(...bound) as unknown as unknown[][];
    } finally {
      statement.setReturnArrays(false);
    }
  };
}

function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  parameters.forEach((parameter, i) => assertBindable(parameter, i + 1));
  return parameters as SQLInputValue[];
}
