/**
 * What a start looks at first: whether training_data is the one the records speak of. Then recover.ts settles what a
 * crash interrupted, and reconcile.ts brings records and disk into agreement.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { countDirectories } from "../../db/queries/pipeline_tasks.ts";
import { findSetting, putSetting } from "../../db/queries/settings.ts";
import { claimRows } from "../../db/queries/volumes.ts";
import type { Database } from "../../db/database.ts";
import { Availability } from "../training_data/availability.ts";
import { TaskFiles } from "../training_data/task_files.ts";
import { TrainingData } from "../training_data/training_data.ts";
import type { TreePool } from "../training_data/tree_pool.ts";
import { openVolume, peek } from "../training_data/volume.ts";

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
 * lies on another file system than at the last start, nothing is marked and the result says why. Otherwise its volume
 * gets the rows of no volume, and those of the volume of the last start.
 *
 * @throws {PipekeepError} storage_failed, when it cannot be used at all
 */
export async function openTrainingData(database: Database, options: OpenOptions): Promise<Availability> {
  const { path, pool, accept } = options;
  const setting = await findSetting(database.kysely, FILE_SYSTEM);
  const known: FileSystem | undefined = setting === undefined ? undefined : JSON.parse(setting);
  const expected = await countDirectories(database.kysely, ["", known?.volume ?? ""]);
  const found = peek(path);
  if (!accept) {
    const say = (state: string) =>
      `training_data ${state}, while ${expected.all} records say their directory is there`;
    if (found === "missing" && expected.all > 0) return brake(say("is missing"));
    if (found === "empty" && expected.inPlace > 0) return brake(say("is empty"));
  }
  const volume = openVolume(path);
  const now: FileSystem = { device: volume.device, volume: volume.id };
  if (known !== undefined && !accept && !isSame(known, now, volume.is_new)) {
    volume.lock.close();
    return brake("training_data lies on another file system than at the last start");
  }
  try {
    await database.decide([], async (trx) => {
      await claimRows(trx, volume.id, known?.volume);
      await putSetting(trx, FILE_SYSTEM, JSON.stringify(now));
    });
  } catch (error) {
    volume.lock.close();
    throw error;
  }
  return new Availability({
    trainingData: new TrainingData(volume, pool),
    files: new TaskFiles(volume.root, volume.device),
  });
}

/** The volume's name decides; where it was given only now, the device does (somebody may clear out the trash). */
interface FileSystem {
  device: number;
  volume: string;
}

function isSame(known: FileSystem, now: FileSystem, isNew: boolean): boolean {
  return isNew ? known.device === now.device : known.volume === now.volume;
}

function brake(reason: string): Availability {
  log.error(
    "{reason}: nothing is marked, and deletions answer 503 until a start finds it right " +
      "(a mount that failed?); `serve --accept-training-data` takes it as it is",
    { reason },
  );
  return new Availability({ reason });
}
