/** Queries that let adopted tasks follow their directories. */
import type { Executor } from "../database.ts";

/** Adopted tasks that still count as running, and of which nobody ever reported anything. */
export function listUnreported(db: Executor, volumeId: string): Promise<{ task_id: string }[]> {
  return db.selectFrom("data_pipeline_tasks").select("task_id")
    .where("status", "=", "running").where("created_by", "=", "system").where("reported_at", "is", null)
    .where("directory_exists", "=", 1).where("volume_id", "=", volumeId).execute();
}

/** Ends such a task, unless somebody reported on it meanwhile. Returns how many that were: one or none. */
export async function completeQuiet(
  db: Executor,
  volumeId: string,
  taskId: string,
  lastChange: number,
  now: number,
): Promise<number> {
  const result = await db.updateTable("data_pipeline_tasks")
    .set((eb) => ({
      status: "completed" as const,
      completed_at: eb.case().when("created_at", ">", lastChange).then(eb.ref("created_at")).else(lastChange)
        .end(),
      updated_at: now,
    }))
    .where("task_id", "=", taskId).where("volume_id", "=", volumeId).where("status", "=", "running")
    .where("reported_at", "is", null).where("directory_exists", "=", 1).executeTakeFirst();
  return Number(result.numUpdatedRows);
}
