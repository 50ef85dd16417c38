/** Purges trash entries by their rows: what a crash left, what resisted earlier, what outlived its retention. */
import type { Database } from "../../db/database.ts";
import { type Measured, recordMeasured } from "../../db/queries/deletions.ts";
import type { DeletionRow } from "../../db/schema.ts";
import type { PurgeFailure, TrainingData } from "../training_data/training_data.ts";
import { finish, measuredOf, purge, survey } from "./steps.ts";

/**
 * Removes the trash entries of these rows, measures first those that never were, and ends the rows. Returns how many are
 * gone. May be called again for the same rows when it throws.
 */
export async function purgeRows(
  database: Database,
  trainingData: TrainingData,
  rows: readonly DeletionRow[],
  clock: () => number,
): Promise<number> {
  if (rows.length === 0) return 0;
  const resisting = await measure(database, trainingData, rows);
  const removable = rows.map((row) => row.deletion_id).filter((id) => !resisting.has(id));
  const { failures, free_bytes_change } = await purge(trainingData, removable);
  const ids = [...removable, ...resisting.keys()];
  const purged = { failures: [...failures, ...resisting.values()], free_bytes_change };
  await database.decide([], (trx) => finish(trx, ids, purged, clock()));
  const gone = removable.filter((_, i) => failures[i] === null);
  trainingData.receipts.drop(gone);
  return gone.length;
}

/** Measures the entries whose rows have no numbers. Returns those that cannot be removed whole, with the reason. */
async function measure(
  database: Database,
  trainingData: TrainingData,
  rows: readonly DeletionRow[],
): Promise<Map<string, PurgeFailure>> {
  const unmeasured = rows.filter((row) =>
    row.deleted_files_count === null && trainingData.isInTrash(row.deletion_id)
  );
  const found = await survey(
    trainingData,
    unmeasured.map(({ task_id, deletion_id }) => ({
      stage: "moved",
      task_id,
      deletion_id,
      deletes_record: false,
    })),
  );
  const resisting = new Map<string, PurgeFailure>();
  const measured: Measured[] = [];
  for (const item of found) {
    if (item.stage === "obstructed") {
      const permissionDenied = item.outcome.code === "permission_denied";
      resisting.set(item.deletion_id, { permissionDenied, message: `not removed: ${item.outcome.code}` });
    } else measured.push(measuredOf(item.deletion_id, item.measure));
  }
  if (measured.length > 0) {
    await database.decide([], (trx) => recordMeasured(trx, measured));
    // From here on these rows must not be measured again: part of them will be gone.
    const byId = new Map(rows.map((row) => [row.deletion_id, row]));
    for (const numbers of measured) Object.assign(byId.get(numbers.deletion_id)!, numbers);
  }
  return resisting;
}
