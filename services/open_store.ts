/** Opens the database alone: what the commands on the host need, without the rest of the program. */
import { migrate } from "../db/migrations.ts";
import type { Database } from "../db/database.ts";
import { openDatabase, type OpenDatabaseOptions } from "../db/dialects/sqlite/sqlite.ts";
import { PipekeepError } from "../domain/errors.ts";
import { Reserve } from "./reserve.ts";

export interface OpenStoreOptions extends Omit<OpenDatabaseOptions, "makeSpace"> {
  /** What a write gives up that finds the disk full; otherwise the one that lies beside the file. */
  reserve?: Reserve;
}

/**
 * Opens (or makes) the SQLite file at `path` and brings it to this program's schema.
 *
 * @throws {PipekeepError} storage_failed, naming the file, when it cannot be opened or migrated, or (`exclusive`)
 * another server has it
 */
export async function openStore(path: string, options: OpenStoreOptions = {}): Promise<Database> {
  const { reserve = new Reserve({ database: path }), ...others } = options;
  let database: Database | undefined;
  try {
    database = openDatabase(path, { ...others, makeSpace: () => reserve.giveUp() });
    await migrate(database);
    return database;
  } catch (error) {
    await database?.close();
    const { message } = error as Error;
    throw new PipekeepError("storage_failed", `database ${path} is unusable: ${message}`, {}, error);
  }
}
