/**
 * What a start finds and finishes: it decides whether training_data is the one the records speak of, ends what a crash
 * left half way, and brings records and disk into agreement.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import {
  listTrashIds,
  listUnfinished,
  markEnded,
  markPurged,
  markTrashed,
  type Measured,
  recordMeasured,
} from "../db/deletions.ts";
import { countDirectories, deleteRecords, markDirectoriesGone } from "../db/pipeline_tasks.ts";
import type { DeletionRow } from "../db/schema.ts";
import { findSetting, putSetting } from "../db/settings.ts";
import type { Database } from "../db/sqlite.ts";
import { Availability } from "./availability.ts";
import { finishPurges } from "./deletion.ts";
import { type PurgeFailure, TrainingData } from "./training_data.ts";
import type { TreePool } from "./tree_pool.ts";
import { openVolume, peek } from "./volume.ts";

const log = getLogger(["pipekeep", "recovery"]);

const FILE_SYSTEM = "training_data_file_system";

/** How a start opens training_data. */
export interface OpenOptions {
  path: string;
  pool: TreePool;
  /** Take what is there now for the right one, whatever the last start saw. */
  accept: boolean;
}

/**
 * Opens training_data, and makes it on a first start. When it is missing, is empty while records say otherwise, or
 * lies on another file system than at the last start, nothing is made or marked and the result says why.
 *
 * @throws {PipekeepError} storage_failed, when it cannot be used at all
 */
export async function openTrainingData(database: Database, options: OpenOptions): Promise<Availability> {
  const { path, pool, accept } = options;
  const expected = await countDirectories(database.kysely);
  const found = peek(path);
  if (!accept) {
    const say = (state: string) =>
      `training_data ${state}, while ${expected.all} records say their directory is there`;
    if (found === "missing" && expected.all > 0) return brake(say("is missing"));
    if (found === "empty" && expected.inPlace > 0) return brake(say("is empty"));
  }
  const known = await findSetting(database.kysely, FILE_SYSTEM);
  const volume = openVolume(path);
  const now: FileSystem = { device: volume.device, volume: volume.id };
  if (known !== undefined && !accept && !isSame(JSON.parse(known), now)) {
    volume.lock.close();
    return brake("training_data lies on another file system than at the last start");
  }
  await putSetting(database.kysely, FILE_SYSTEM, JSON.stringify(now));
  return new Availability({ trainingData: new TrainingData(volume, pool) });
}

/** Either is enough: a device number may change when the host restarts, and somebody may clear out the trash. */
interface FileSystem {
  device: number;
  volume: string;
}

function isSame(a: FileSystem, b: FileSystem): boolean {
  return a.device === b.device || a.volume === b.volume;
}

function brake(reason: string): Availability {
  log.error(
    "{reason}: nothing is marked, and deletions answer 503 until a start finds it right " +
      "(a mount that failed?); `serve --accept-training-data` takes it as it is",
    { reason },
  );
  return new Availability({ reason });
}

/**
 * Finishes the records of interrupted deletions; afterwards records and disk agree on every one of them. Returns the
 * rows whose trash is still to be purged, for {@linkcode purgeLeftovers}.
 */
export async function settleDeletions(
  database: Database,
  trainingData: TrainingData,
  now: number,
): Promise<DeletionRow[]> {
  const rows = await listUnfinished(database.kysely);
  const known = await listTrashIds(database.kysely);
  for (const name of trainingData.trashEntries()) {
    if (!known.has(name)) {
      log.warn("the trash holds {name}, which no deletion knows; it is left alone", { name });
    }
  }
  if (rows.length === 0) return [];
  const leftovers = rows.filter((row) => trainingData.isInTrash(row.deletion_id));
  const vanished = rows.filter((row) => !leftovers.includes(row));
  const intents = leftovers.filter((row) => row.state === "intent");
  // The renames of a crashed process may not have reached the disk yet.
  await trainingData.sync();
  await database.kysely.transaction().execute(async (trx) => {
    const withRecords = intents.filter((row) => row.delete_database_records === 1);
    const markedOnly = intents.filter((row) => row.delete_database_records === 0);
    await deleteRecords(trx, withRecords.map((row) => row.task_id));
    await markDirectoriesGone(trx, markedOnly.map((row) => row.task_id), now);
    await markTrashed(trx, intents.map((row) => row.deletion_id), now, null);
    for (const row of vanished) {
      if (row.state !== "intent") await markPurged(trx, [row.deletion_id], now);
      else await markEnded(trx, row.deletion_id, "released", now, null, "the program ended before it began");
    }
  });
  const released = vanished.filter((row) => row.state === "intent").length;
  log.info("unfinished deletions: {released} released, {leftover} to purge", {
    released,
    leftover: leftovers.length,
  });
  return leftovers;
}

/** Removes what {@linkcode settleDeletions} found, or what outlived its retention. Returns how many are gone. */
export async function purgeLeftovers(
  database: Database,
  trainingData: TrainingData,
  rows: readonly DeletionRow[],
  clock: () => number,
): Promise<number> {
  if (rows.length === 0) return 0;
  const unmeasured = rows.filter((row) => row.deleted_files_count === null).map((row) => row.deletion_id);
  const surveys = await trainingData.measureTrash(unmeasured);
  const measured: Measured[] = [];
  const resisting = new Map<string, PurgeFailure>();
  unmeasured.forEach((deletion_id, i) => {
    const survey = surveys[i]!;
    const obstacle = survey.error ? survey.error.message : survey.value.measure.obstacle;
    if (survey.error || obstacle !== null) {
      const permissionDenied = obstacle === "permission_denied";
      resisting.set(deletion_id, { permissionDenied, message: `not removed: ${obstacle}` });
      return;
    }
    const { files, bytes, unmeasured } = survey.value.measure;
    measured.push({
      deletion_id,
      deleted_files_count: files,
      deleted_size_bytes: bytes,
      unmeasured_files: unmeasured,
    });
  });
  await recordMeasured(database.kysely, measured);
  const removable = rows.map((row) => row.deletion_id).filter((id) => !resisting.has(id));
  const failures = await trainingData.purge(removable);
  await database.kysely.transaction().execute((trx) =>
    finishPurges(trx, [...removable, ...resisting.keys()], [...failures, ...resisting.values()], clock())
  );
  return failures.filter((failure) => failure === null).length;
}
