/**
 * What deletions that a crash interrupted left behind: first their records are settled, before anybody is served, then
 * their trash is purged, in the background and as often as it takes.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import {
  findDeletions,
  listUnfinished,
  markEnded,
  markPurged,
  markTrashed,
  type Measured,
  recordMeasured,
} from "../../db/queries/deletions.ts";
import { deleteRecords, type Executor, markDirectoriesGone } from "../../db/queries/pipeline_tasks.ts";
import type { DeletionRow } from "../../db/schema.ts";
import type { Database } from "../../db/dialects/sqlite/sqlite.ts";
import { finishPurges, markStranded } from "./finish.ts";
import type { PurgeFailure, TrainingData } from "../training_data/training_data.ts";
import type { TreeOutcome } from "../training_data/tree_pool.ts";
import type { TreeMeasure } from "../training_data/tree_walk.ts";

const log = getLogger(["pipekeep", "recovery"]);

export interface SettleOptions {
  now: number;
  /** Also what a crash interrupted waits in the trash that long. */
  retention_ms: number;
}

/**
 * Settles every interrupted deletion; afterwards records and disk agree on each. Returns the rows whose trash is still
 * to be purged, for {@linkcode purgeLeftovers}.
 *
 * - intent, directory in place: released, nothing lost
 * - intent, directory in the trash: examined as the deletion would have; recorded, or put back if it cannot be removed whole
 * - trashed or purge_failed: purged
 * - stranded (it could not be put back), or a put-back or a purge that a power cut undid: put back, or purged again
 */
export async function settleDeletions(
  database: Database,
  trainingData: TrainingData,
  { now, retention_ms }: SettleOptions,
): Promise<DeletionRow[]> {
  const entries = trainingData.trashEntries();
  const rows = new Map((await listUnfinished(database.kysely)).map((row) => [row.deletion_id, row]));
  for (const row of await findDeletions(database.kysely, entries)) rows.set(row.deletion_id, row);
  for (const name of entries) {
    if (!rows.has(name)) {
      log.warn("the trash holds {name}, which no deletion knows; it is left alone", { name });
    }
  }
  const left = [...rows.values()];
  if (left.length === 0) return [];
  const inTrash = left.filter((row) => trainingData.isInTrash(row.deletion_id));
  const intents = inTrash.filter((row) => row.state === "intent");
  const surveys = await trainingData.measureTrash(intents.map((row) => row.deletion_id));
  const removable = intents.filter((_, i) => isRemovable(surveys[i]!));
  const measured = intents.flatMap((row, i) =>
    isRemovable(surveys[i]!) ? [measuredOf(row, surveys[i]!)] : []
  );
  const kept = inTrash.filter((row) =>
    row.state === "stranded" || row.state === "failed" || row.state === "released" ||
    (row.state === "intent" && !removable.includes(row))
  );
  const restored = kept.filter((row) => restore(trainingData, row));
  // The renames of a crashed process, and these, may not have reached the disk yet.
  await trainingData.sync();
  const purgeAt = retention_ms > 0 ? now + retention_ms : null;
  await database.kysely.transaction().execute(async (trx) => {
    await recordRemovable(trx, removable, now, purgeAt);
    await recordMeasured(trx, measured);
    for (const row of left) {
      const { deletion_id, state } = row;
      if (restored.includes(row)) {
        await markEnded(trx, deletion_id, "released", now, null, "put back at the start");
      } else if (kept.includes(row)) await markStranded(trx, deletion_id, now);
      else if (inTrash.includes(row)) continue;
      else if (state === "intent") {
        await markEnded(trx, deletion_id, "released", now, null, "it had not begun");
      } else if (state === "trashed" || state === "purge_failed") await markPurged(trx, [deletion_id], now);
      else if (state === "stranded") {
        await markEnded(trx, deletion_id, "released", now, null, "put back by hand");
      }
    }
  });
  const waiting = new Set(left.filter((row) => row.state === "trashed" && row.purge_at !== null));
  const leftovers = inTrash.filter((row) =>
    !kept.includes(row) && !waiting.has(row) && !(row.state === "intent" && purgeAt !== null)
  );
  log.info("interrupted deletions: {count} settled, {leftover} to purge", {
    count: left.length - waiting.size,
    leftover: leftovers.length,
  });
  measured.forEach((numbers) => Object.assign(rows.get(numbers.deletion_id)!, numbers));
  return leftovers;
}

/**
 * Removes what {@linkcode settleDeletions} found, or what outlived its retention. Returns how many are gone. May be
 * called again for the same rows when it throws.
 */
export async function purgeLeftovers(
  database: Database,
  trainingData: TrainingData,
  rows: readonly DeletionRow[],
  clock: () => number,
): Promise<number> {
  if (rows.length === 0) return 0;
  const unmeasured = rows.filter((row) =>
    row.deleted_files_count === null && trainingData.isInTrash(row.deletion_id)
  );
  const surveys = await trainingData.measureTrash(unmeasured.map((row) => row.deletion_id));
  const resisting = new Map<string, PurgeFailure>();
  const measured: Measured[] = [];
  unmeasured.forEach((row, i) => {
    const survey = surveys[i]!;
    if (isRemovable(survey)) measured.push(measuredOf(row, survey));
    else resisting.set(row.deletion_id, failureOf(survey));
  });
  await recordMeasured(database.kysely, measured);
  // From here on these rows must not be measured again: part of them will be gone.
  const byId = new Map(rows.map((row) => [row.deletion_id, row]));
  for (const numbers of measured) Object.assign(byId.get(numbers.deletion_id)!, numbers);
  const removable = rows.map((row) => row.deletion_id).filter((id) => !resisting.has(id));
  const failures = await trainingData.purge(removable);
  await database.kysely.transaction().execute((trx) =>
    finishPurges(trx, [...removable, ...resisting.keys()], [...failures, ...resisting.values()], clock())
  );
  return failures.filter((failure) => failure === null).length;
}

async function recordRemovable(
  trx: Executor,
  rows: readonly DeletionRow[],
  now: number,
  purgeAt: number | null,
): Promise<void> {
  const idsOf = (some: readonly DeletionRow[]) => some.map((row) => row.task_id);
  await deleteRecords(trx, idsOf(rows.filter((row) => row.delete_database_records === 1)));
  await markDirectoriesGone(trx, idsOf(rows.filter((row) => row.delete_database_records === 0)), now);
  await markTrashed(trx, rows.map((row) => row.deletion_id), now, purgeAt);
}

/** Puts a directory back if its place is free. */
function restore(trainingData: TrainingData, row: DeletionRow): boolean {
  try {
    trainingData.restore(row.deletion_id, row.task_id);
    return true;
  } catch (error) {
    log.error("{task_id} waits whole in the trash as {deletion_id} and cannot be put back: {error}", {
      task_id: row.task_id,
      deletion_id: row.deletion_id,
      error,
    });
    return false;
  }
}

function isRemovable(survey: TreeOutcome<TreeMeasure>): boolean {
  return survey.error === undefined && survey.value.obstacle === null;
}

function measuredOf(row: DeletionRow, survey: TreeOutcome<TreeMeasure>): Measured {
  if (survey.error !== undefined) throw new Error("nothing was measured");
  const { files, bytes, unmeasured } = survey.value;
  return {
    deletion_id: row.deletion_id,
    deleted_files_count: files,
    deleted_size_bytes: bytes,
    unmeasured_files: unmeasured,
  };
}

function failureOf(survey: TreeOutcome<TreeMeasure>): PurgeFailure {
  const obstacle = survey.error ? survey.error.message : survey.value.obstacle;
  return { permissionDenied: obstacle === "permission_denied", message: `not removed: ${obstacle}` };
}
