/**
 * Brings records and disk into agreement (api.md 1.4): adopts directories, marks what has vanished or is back, and lets
 * adopted tasks that nobody reports on end when they are quiet.
 *
 * What seems not to agree is looked at again with the lock to write in hand, and what a deletion is busy with is left to it:
 * so a directory on its way to the trash, or back, is neither marked nor adopted.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { findUnderWay } from "../../db/queries/deletions.ts";
import {
  eachPresent,
  findDeletionStates,
  insertTasks,
  listRecords,
  markDirectoriesGone,
  markDirectoriesPresent,
} from "../../db/queries/pipeline_tasks.ts";
import { completeQuiet, listUnreported } from "../../db/queries/reconciliation.ts";
import { chunksOf } from "../../domain/chunks.ts";
import { PipekeepError } from "../../domain/errors.ts";
import type { TrainingData } from "../training_data/training_data.ts";
import { adopt, STILL_RUNNING_MS } from "./adopt.ts";
import { findLoss } from "./brakes.ts";

const log = getLogger(["pipekeep", "reconcile"]);

/** Records per transaction. */
const BATCH = 500;

/** What a comparison changed. */
export interface Reconciliation {
  adopted: number;
  vanished: number;
  returned: number;
  /** Adopted tasks that were quiet for an hour. */
  completed: number;
}

/** What seems not to agree; each is looked at again before it is changed. */
interface Differences {
  strays: string[];
  vanished: string[];
  returned: string[];
}

export interface ReconcileOptions {
  /** Only these tasks. */
  names?: ReadonlySet<string>;
  /**
   * Whoever asks knows that training_data may be empty: a start has brakes of its own.
   * @default false
   */
  accepts_empty?: boolean;
  /**
   * When a task that changed nothing for an hour before is quiet, in epoch milliseconds: earlier than now after the clock
   * jumped ahead.
   * @default now
   */
  quiet_at?: number;
}

/**
 * Compares records and disk.
 *
 * @throws {PipekeepError} training_data_unavailable, when records would be marked although none of the directories
 * they speak of is left, or training_data was replaced meanwhile
 */
export async function reconcile(
  database: Database,
  trainingData: TrainingData,
  now: number,
  { names, accepts_empty = false, quiet_at = now }: ReconcileOptions = {},
): Promise<Reconciliation> {
  const found = names === undefined
    ? await compareAll(database, trainingData)
    : await compare(database, trainingData, names);
  const vanished = found.vanished.filter((taskId) => stands(trainingData, taskId) === "absent");
  if (vanished.length > 0 && !accepts_empty) await assertNoLoss(database, trainingData);
  const counts = {
    adopted: await adoptAll(database, trainingData, found.strays, quiet_at),
    vanished: await mark(database, trainingData, vanished, now, "gone"),
    returned: await mark(database, trainingData, found.returned, now, "present"),
    completed: names === undefined ? await completeAdopted(database, trainingData, now, quiet_at) : 0,
  };
  if (Object.values(counts).some((count) => count > 0)) {
    log.info(
      "training_data: {adopted} adopted, {vanished} vanished, {returned} back again, {completed} completed",
      { ...counts },
    );
  }
  return counts;
}

async function compareAll(database: Database, trainingData: TrainingData): Promise<Differences> {
  const unexpected = new Set(trainingData.taskDirectories());
  const differences: Differences = { strays: [], vanished: [], returned: [] };
  for await (const expected of eachPresent(database, trainingData.volumeId)) {
    await letOthersIn();
    for (const taskId of expected) if (!unexpected.delete(taskId)) differences.vanished.push(taskId);
  }
  for (const chunk of chunksOf([...unexpected], BATCH)) {
    await letOthersIn();
    const records = await findDeletionStates(database.kysely, trainingData.volumeId, chunk);
    for (const taskId of chunk) {
      const flag = records.get(taskId)?.directory_exists;
      if (flag === undefined) differences.strays.push(taskId);
      if (flag === 0) differences.returned.push(taskId);
    }
  }
  return differences;
}

async function compare(
  database: Database,
  trainingData: TrainingData,
  names: ReadonlySet<string>,
): Promise<Differences> {
  const differences: Differences = { strays: [], vanished: [], returned: [] };
  const records = await findDeletionStates(database.kysely, trainingData.volumeId, [...names]);
  for (const taskId of names) {
    const kind = stands(trainingData, taskId);
    const flag = records.get(taskId)?.directory_exists;
    if (flag === undefined && kind === "directory") differences.strays.push(taskId);
    if (flag === 1 && kind === "absent") differences.vanished.push(taskId);
    if (flag === 0 && kind === "directory") differences.returned.push(taskId);
  }
  return differences;
}

/** What stands at the place; undefined when it cannot be looked at, or somebody is still registering it. */
function stands(trainingData: TrainingData, taskId: string): string | undefined {
  try {
    return trainingData.unregistered.has(taskId) ? undefined : trainingData.inspect(taskId);
  } catch (error) {
    log.warn("{task_id} cannot be looked at: {error}", { task_id: taskId, error });
    return undefined;
  }
}

/** Before directories are called gone: a mount that failed, or came over training_data, looks like that. */
async function assertNoLoss(database: Database, trainingData: TrainingData): Promise<void> {
  const reason = await findLoss(database.kysely, [trainingData.volumeId], {
    kind: (taskId) => trainingData.inspect(taskId),
    isEmpty: () => trainingData.taskDirectories().next().done === true,
  });
  if (reason !== undefined) {
    throw new PipekeepError("training_data_unavailable", `${reason}; nothing is marked`);
  }
}

/** @throws {PipekeepError} training_data_unavailable */
function assertInPlace(trainingData: TrainingData): void {
  if (trainingData.isInPlace()) return;
  throw new PipekeepError(
    "training_data_unavailable",
    "training_data was replaced meanwhile; nothing is marked",
  );
}

async function adoptAll(
  database: Database,
  trainingData: TrainingData,
  strays: readonly string[],
  quietAt: number,
): Promise<number> {
  const { volumeId } = trainingData;
  let adopted = 0;
  for (const chunk of chunksOf(strays, BATCH)) {
    const tasks = chunk.filter((taskId) => stands(trainingData, taskId) === "directory").flatMap(
      (task_id) => {
        try {
          return [adopt(trainingData, task_id, quietAt)];
        } catch (error) {
          log.warn("could not adopt {task_id}: {error}", { task_id, error });
          return [];
        }
      },
    );
    const ids = tasks.map((task) => task.task_id);
    if (ids.length === 0) continue;
    adopted += await database.decide(ids, async (trx) => {
      const underWay = await findUnderWay(trx, volumeId, ids);
      const known = new Set((await listRecords(trx, ids)).tasks.map((task) => task.task_id));
      for (const task_id of known) {
        log.warn("could not adopt {task_id}: there is a task of this id, maybe of another volume", {
          task_id,
        });
      }
      const free = tasks.filter(({ task_id }) =>
        !underWay.has(task_id) && !known.has(task_id) && stands(trainingData, task_id) === "directory"
      );
      assertInPlace(trainingData);
      if (free.length > 0) await insertTasks(trx, volumeId, free, []);
      return free.length;
    });
  }
  return adopted;
}

async function mark(
  database: Database,
  trainingData: TrainingData,
  taskIds: readonly string[],
  now: number,
  as: "gone" | "present",
): Promise<number> {
  const { volumeId } = trainingData;
  const expected = as === "gone" ? "absent" : "directory";
  let marked = 0;
  for (const chunk of chunksOf(taskIds, BATCH)) {
    marked += await database.decide(chunk, async (trx) => {
      const underWay = await findUnderWay(trx, volumeId, chunk);
      // With the lock in hand: what was put back, or made anew, since the comparison is what it is now.
      const ids = chunk.filter((taskId) =>
        !underWay.has(taskId) && stands(trainingData, taskId) === expected
      );
      assertInPlace(trainingData);
      return as === "gone"
        ? await markDirectoriesGone(trx, volumeId, ids, now, { onlyNews: true })
        : await markDirectoriesPresent(trx, volumeId, ids, now);
    });
  }
  return marked;
}

/** The database answers at once: without a pause, a comparison of many records would hold up every request. */
function letOthersIn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Adopted tasks of which nobody ever reported anything follow their directories on. */
async function completeAdopted(
  database: Database,
  trainingData: TrainingData,
  now: number,
  quietAt: number,
): Promise<number> {
  let completed = 0;
  let seen = 0;
  for (const { task_id } of await listUnreported(database.kysely, trainingData.volumeId)) {
    if (++seen % BATCH === 0) await letOthersIn();
    let newest: number;
    try {
      newest = trainingData.lastChange(task_id, quietAt - STILL_RUNNING_MS).newest;
    } catch {
      continue;
    }
    if (newest > quietAt - STILL_RUNNING_MS) continue;
    completed += await completeQuiet(database.kysely, trainingData.volumeId, task_id, newest, now);
  }
  return completed;
}
