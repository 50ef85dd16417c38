/** Brings records and disk into agreement at the start (api.md 1.4): adopts directories, marks what has vanished. */
import { getLogger } from "@logtape/logtape";
import {
  eachDirectoryFlag,
  insertTasks,
  listRecords,
  markDirectoriesGone,
  markDirectoriesPresent,
} from "../../db/queries/pipeline_tasks.ts";
import type { NewTask } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import { timeInTaskId } from "../../domain/task_id.ts";
import type { TrainingData } from "../training_data/training_data.ts";

const log = getLogger(["pipekeep", "adoption"]);

/** A directory whose top level changed more recently than this may still be written to. */
const STILL_RUNNING_MS = 60 * 60 * 1000;
/** Records per transaction. */
const BATCH = 500;

export interface Agreement {
  adopted: number;
  vanished: number;
  returned: number;
}

/** Compares every record with the disk, once. Returns what it changed. */
export async function agree(database: Database, trainingData: TrainingData, now: number): Promise<Agreement> {
  const { volumeId } = trainingData;
  const present = new Set(trainingData.taskDirectories());
  const strays = new Set(present);
  const vanished: string[] = [];
  const returned: string[] = [];
  for await (const { task_id, directory_exists } of eachDirectoryFlag(database.kysely, volumeId)) {
    strays.delete(task_id);
    const isPresent = present.has(task_id);
    if (directory_exists === 1 && !isPresent) vanished.push(task_id);
    if (directory_exists === 0 && isPresent) returned.push(task_id);
  }
  const adopted = await withoutForeign(database, [...strays]);
  for (let i = 0; i < adopted.length; i += BATCH) {
    const tasks = adopted.slice(i, i + BATCH).flatMap((task_id) => {
      try {
        return [adopt(trainingData, task_id, now)];
      } catch (error) {
        log.warn("could not adopt {task_id}: {error}", { task_id, error });
        return [];
      }
    });
    if (tasks.length > 0) {
      await database.kysely.transaction().execute((trx) => insertTasks(trx, volumeId, tasks, []));
    }
  }
  if (vanished.length + returned.length > 0) {
    await database.kysely.transaction().execute(async (trx) => {
      await markDirectoriesGone(trx, volumeId, vanished, now, { onlyNews: true });
      await markDirectoriesPresent(trx, volumeId, returned, now);
    });
  }
  const counts = { adopted: adopted.length, vanished: vanished.length, returned: returned.length };
  if (counts.adopted + counts.vanished + counts.returned > 0) {
    log.info("training_data: {adopted} adopted, {vanished} vanished, {returned} back again", { ...counts });
  }
  return counts;
}

/** Leaves out directories whose id another volume has a record of: an id has one record. */
async function withoutForeign(database: Database, strays: readonly string[]): Promise<string[]> {
  const { tasks } = await listRecords(database.kysely, strays);
  const foreign = new Set(tasks.map((task) => task.task_id));
  for (const task_id of foreign) {
    log.warn("could not adopt {task_id}: another volume has a task of this id", { task_id });
  }
  return strays.filter((task_id) => !foreign.has(task_id));
}

function adopt(trainingData: TrainingData, taskId: string, now: number): NewTask {
  const change = trainingData.lastChange(taskId, now - STILL_RUNNING_MS);
  const createdAt = timeInTaskId(taskId) ?? change.directory;
  const isRunning = change.newest > now - STILL_RUNNING_MS;
  return {
    task_id: taskId,
    task_name: null,
    task_type: "data_workflow",
    status: isRunning ? "running" : "completed",
    step_status: null,
    db_name: null,
    business_context: null,
    result: null,
    error_message: null,
    created_by: "system",
    created_at: createdAt,
    started_at: createdAt,
    completed_at: isRunning ? null : Math.max(createdAt, change.newest),
    updated_at: null,
    directory_exists: 1,
    directory_size_bytes: null,
  };
}
