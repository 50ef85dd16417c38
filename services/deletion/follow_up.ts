/**
 * What a power cut brought back into the trash although its row had ended: a removal, or a putting back, that had not
 * reached the disk. A final row never changes, so what is there gets a row of its own, under a name of its own.
 *
 * The rows are written first: a crash before the rename finds the old name again, and makes another.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { findDeletions, insertDeletions } from "../../db/queries/deletions.ts";
import type { DeletionRow, NewDeletion } from "../../db/schema.ts";
import type { TrainingData } from "../training_data/training_data.ts";
import { intentRow } from "./intent_row.ts";

const log = getLogger(["pipekeep", "recovery"]);

/** Gives each of these entries a row that can still come to its end: to be purged, or to be put back. Returns those. */
export async function followUp(
  database: Database,
  trainingData: TrainingData,
  ended: readonly DeletionRow[],
  { now, ids }: { now: number; ids: () => string },
): Promise<DeletionRow[]> {
  if (ended.length === 0) return [];
  const rows = ended.map((row) => rowAfter(row, ids(), now));
  await database.decide([], (trx) => insertDeletions(trx, trainingData.volumeId, rows));
  ended.forEach(({ deletion_id, task_id }, i) => {
    const name = rows[i]!.deletion_id;
    trainingData.renameInTrash(deletion_id, name);
    log.warn(
      "a power cut brought {task_id} back into the trash after {deletion_id} had ended; it is {name} now",
      {
        task_id,
        deletion_id,
        name,
      },
    );
  });
  return await findDeletions(database.kysely, rows.map((row) => row.deletion_id));
}

function rowAfter(row: DeletionRow, deletion_id: string, now: number): NewDeletion {
  const intent = intentRow({
    deletion_id,
    task_id: row.task_id,
    who: row.who,
    request_id: row.request_id,
    // The job's sums have it already.
    job_id: null,
    delete_database_records: row.delete_database_records === 1,
    force: row.force === 1,
    requested_at: now,
  });
  return {
    ...intent,
    state: row.state === "purged" ? "purge_failed" : "stranded",
    directory_deleted: row.directory_deleted,
    trashed_at: now,
    finished_at: now,
    failed_attempts: 1,
    stuck_since: now,
    error_code: "storage_failed",
    error: `a power cut undid the end of ${row.deletion_id} on the disk`,
  };
}
