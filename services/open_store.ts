/** Opens the database alone: what the commands on the host need, without the rest of the program. */
import { migrate } from "../db/migrations.ts";
import type { Database } from "../db/database.ts";
import { openDatabase, type OpenDatabaseOptions } from "../db/dialects/sqlite/sqlite.ts";
import { PipekeepError } from "../domain/errors.ts";

/**
 * Opens (or makes) the SQLite file at `path` and brings it to this program's schema.
 *
 * @throws {PipekeepError} storage_failed, naming the file, when it cannot be opened or migrated
 */
export async function openStore(path: string, options: OpenDatabaseOptions = {}): Promise<Database> {
  let database: Database | undefined;
  try {
    database = openDatabase(path, options);
    await migrate(database);
    return database;
  } catch (error) {
    await database?.close();
    const { message } = error as Error;
    throw new PipekeepError("storage_failed", `database ${path} is unusable: ${message}`, {}, error);
  }
}
