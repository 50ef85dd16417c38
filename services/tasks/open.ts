/**
 * What a start looks at first: whether training_data is the one the records speak of. Then recover.ts settles what a
 * crash interrupted, and reconcile.ts brings records and disk into agreement.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { resolve } from "node:path";
import { countDirectories } from "../../db/queries/pipeline_tasks.ts";
import { isAnythingInTrash } from "../../db/queries/reconciliation.ts";
import type { Database } from "../../db/database.ts";
import { Availability } from "../training_data/availability.ts";
import { TaskFiles } from "../training_data/task_files.ts";
import { TrainingData } from "../training_data/training_data.ts";
import type { TreePool } from "../training_data/tree_pool.ts";
import { isEmpty, kindAt, lookAtRoot, openVolume, type Sight } from "../training_data/volume.ts";
import { findLoss, judgeIdentity } from "./brakes.ts";
import { expectedAt, type KnownVolume, listKnownVolumes, takeVolume } from "./known_volumes.ts";

const log = getLogger(["pipekeep", "recovery"]);

/** How a start opens training_data. */
export interface OpenOptions {
  path: string;
  pool: TreePool;
  /** Frees space that was kept for a full disk, if it is on this device; returns whether there was any. */
  makeSpace: (device: number) => boolean;
  /** Take what is there now for the right one, whatever the last start saw. */
  accept: boolean;
  /** Epoch milliseconds. */
  now: number;
}

/**
 * Opens training_data, and makes it on a first start. When it is missing or empty while records say otherwise, has none of
 * the directories they speak of, or is another directory than at the last start, nothing is made or marked, and the result
 * says why. Otherwise its volume gets the rows of no volume, and those of the volume it takes the place of.
 *
 * @throws {PipekeepError} storage_failed, when it cannot be used at all
 */
export async function openTrainingData(database: Database, options: OpenOptions): Promise<Availability> {
  const { pool, makeSpace, accept, now } = options;
  const path = resolve(options.path);
  const known = await listKnownVolumes(database.kysely);
  const ids = known.map((volume) => volume.id);
  const last = expectedAt(known, path);
  if (!accept) {
    const reason = await judge(database, lookAtRoot(path, ids), last);
    if (reason !== undefined) return brake(reason);
  }
  const volume = openVolume(path, ids);
  try {
    const former = last?.id === volume.id ? undefined : last;
    await database.decide([], (trx) => takeVolume(trx, volume, former, now));
  } catch (error) {
    volume.lock.unlockSync();
    volume.lock.close();
    throw error;
  }
  return new Availability({
    trainingData: new TrainingData({ volume, pool, makeSpace: () => makeSpace(volume.device) }),
    files: new TaskFiles({ root: volume.root, device: volume.device }),
  });
}

async function judge(
  { kysely }: Database,
  found: Sight | undefined,
  last: KnownVolume | undefined,
): Promise<string | undefined> {
  const volumes = ["", last?.id ?? ""];
  const expected = await countDirectories(kysely, volumes);
  if (found === undefined) {
    if (expected.all > 0) {
      return `training_data is missing, while ${expected.all} records say their directory is there`;
    }
    return await isAnythingInTrash(kysely, volumes)
      ? "training_data is missing, while the log says that its trash is not empty"
      : undefined;
  }
  const loss = await findLoss(kysely, volumes, {
    kind: (taskId) => kindAt(found, taskId),
    isEmpty: () => isEmpty(found),
  });
  if (loss !== undefined) return loss;
  return judgeIdentity(found, last, expected.all > 0 || await isAnythingInTrash(kysely, volumes));
}

function brake(reason: string): Availability {
  log.error(
    "{reason}: nothing is marked, and deletions answer 503 until a start finds it right " +
      "(a mount that failed?); `serve --accept-training-data` takes it as it is",
    { reason },
  );
  return new Availability({ reason });
}
