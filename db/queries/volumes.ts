/** Which volume rows belong to, on every table whose rows speak of a directory. */
import { sql } from "kysely";
import type { Executor } from "../database.ts";

const TABLES = ["data_pipeline_tasks", "data_pipeline_task_steps", "deletions"] as const;

/**
 * Gives the rows of no volume to `volumeId`, and those of `former` too. Rows of other volumes stay as they are.
 *
 * @throws {Error} when two deletions of one task would be under way on the volume
 */
export async function claimRows(db: Executor, volumeId: string, former = volumeId): Promise<void> {
  for (const table of TABLES) {
    // Two statements: only the first may go by the index of what is unclaimed.
    await db.updateTable(table).set({ volume_id: volumeId }).where("volume_id", "=", sql.lit("")).execute();
    if (former === volumeId) continue;
    await db.updateTable(table).set({ volume_id: volumeId }).where("volume_id", "=", former).execute();
  }
}
