/** Queries that bring records and disk into agreement, and that tell whether it is the right disk. */
import { sql } from "kysely";
import type { DeletionState } from "../../domain/deletion_states.ts";
import type { Executor } from "../database.ts";
import { idsIn } from "../dialects/sqlite/statements.ts";

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

const FIRST_PAGE = 50;
const PAGE = 2000;

/**
 * The tasks of these volumes whose records say that the directory is in place, by id; without those that a deletion may have
 * moved to the trash and not said so yet. Mostly the first few are all that is asked for.
 */
export async function* eachExpected(db: Executor, volumeIds: readonly string[]): AsyncGenerator<string> {
  for (let after = "", limit = FIRST_PAGE;; limit = PAGE) {
    const rows = await db.selectFrom("data_pipeline_tasks as t").select("t.task_id")
      .where("t.task_id", ">", after).where("t.directory_exists", "=", 1)
      .where("t.volume_id", "in", idsIn(volumeIds))
      .where((eb) =>
        eb.not(eb.exists(
          eb.selectFrom("deletions as d").select("d.task_id").whereRef("d.task_id", "=", "t.task_id")
            .whereRef("d.volume_id", "=", "t.volume_id").where("d.state", "=", sql.lit("intent")),
        ))
      )
      .orderBy("t.task_id").limit(limit).execute();
    for (const { task_id } of rows) yield task_id;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    after = last.task_id;
  }
}

/** Whether anything of these volumes is in the trash, or may be. */
export async function isAnythingInTrash(db: Executor, volumeIds: readonly string[]): Promise<boolean> {
  const row = await db.selectFrom("deletions").select("deletion_id")
    .where("state", "in", sql<DeletionState>`('intent', 'trashed', 'purge_failed', 'stranded')`)
    .where("volume_id", "in", idsIn(volumeIds)).limit(1).executeTakeFirst();
  return row !== undefined;
}
