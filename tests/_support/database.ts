/** A database file of its own, without a server, and somebody else who has it open. */
import { DatabaseSync } from "node:sqlite";
import { migrate } from "../../db/migrations.ts";
import type { Database } from "../../db/database.ts";
import { openDatabase, type OpenDatabaseOptions } from "../../db/dialects/sqlite/sqlite.ts";

export interface TemporaryDatabase extends AsyncDisposable {
  path: string;
  database: Database;
}

/** A new database of this program's schema; `await using` closes and removes it. */
export async function openTemporary(options?: OpenDatabaseOptions): Promise<TemporaryDatabase> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  const database = openDatabase(path, options);
  await migrate(database);
  return {
    path,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

/** Another connection, as another process would have it. */
export function openElsewhere(path: string): DatabaseSync & Disposable {
  const elsewhere = new DatabaseSync(path, { timeout: 2000 });
  return Object.assign(elsewhere, { [Symbol.dispose]: () => elsewhere.close() });
}

/** Holds the lock to write until it is disposed of. */
export function holdLock(path: string): Disposable {
  const elsewhere = openElsewhere(path);
  elsewhere.exec("BEGIN IMMEDIATE");
  return { [Symbol.dispose]: () => elsewhere.close() };
}
