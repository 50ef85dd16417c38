/** The first look of a deletion at its tasks: which may go, and why the others may not (the table of api.md 1.1). */
import { findStuck, findUnderWay } from "../../db/queries/deletions.ts";
import type { DeletionRow } from "../../db/schema.ts";
import { type DeletionState, type Executor, findDeletionStates } from "../../db/queries/pipeline_tasks.ts";
import { type DeletionItem, failed, failedItem, type TaskOutcome } from "./outcome.ts";
import { isTaskId } from "../../domain/task_id.ts";
import type { Standing, TrainingData } from "../training_data/training_data.ts";

/**
 * Looks at each task. Those that may not be deleted come back with their outcome.
 *
 * @param resumed what earlier deletions of these tasks had left in the trash, and is gone by now; task id → rows
 */
export async function examine(
  db: Executor,
  trainingData: TrainingData,
  taskIds: readonly string[],
  options: { force: boolean; delete_database_records: boolean },
  resumed: ReadonlyMap<string, readonly DeletionRow[]> = new Map(),
): Promise<DeletionItem[]> {
  const valid = taskIds.filter(isTaskId);
  const stuck = await findStuck(db, valid);
  const records = await findDeletionStates(db, valid);
  const underWay = await findUnderWay(db, valid);
  return taskIds.map((task_id): DeletionItem => {
    if (!isTaskId(task_id)) return failedItem(task_id, "invalid_task_id");
    const record = records.get(task_id);
    let standing: Standing;
    try {
      standing = trainingData.inspect(task_id);
    } catch (error) {
      // One place that cannot be looked at must not cost the others their answer.
      return { ...failedItem(task_id, "storage_failed"), outcome: failed(task_id, error) };
    }
    const removed = standing === "absent" ? resumed.get(task_id) : undefined;
    const refusal = refuse(task_id, {
      record,
      standing,
      isStuck: stuck.has(task_id),
      wasRemoved: removed !== undefined,
      underWay: underWay.has(task_id),
      force: options.force,
    });
    return {
      task_id,
      deletion_id: "",
      directory: standing === "directory",
      deletesRecord: record !== undefined && options.delete_database_records,
      ...(removed && { removed }),
      ...(refusal && { outcome: refusal }),
    };
  });
}

function refuse(
  task_id: string,
  look: {
    record: DeletionState | undefined;
    standing: Standing;
    isStuck: boolean;
    wasRemoved: boolean;
    underWay: boolean;
    force: boolean;
  },
): TaskOutcome | undefined {
  const { record, standing, isStuck, wasRemoved, underWay, force } = look;
  // A directory that another deletion took out of sight is still an entry, in the trash.
  if (record === undefined && standing === "absent" && !underWay && !isStuck && !wasRemoved) {
    return { outcome: "failed", task_id, code: "task_not_found" };
  }
  if (record !== undefined && !force && (record.status === "running" || record.running_step !== null)) {
    return {
      outcome: "failed",
      task_id,
      code: "task_running",
      current_status: record.status,
      ...(record.running_step !== null && { running_step: record.running_step }),
    };
  }
  if (underWay) return { outcome: "failed", task_id, code: "deletion_in_progress" };
  // To say that nothing is left to delete would not be true while its bytes are on the disk.
  if (standing === "absent" && isStuck) return { outcome: "failed", task_id, code: "purge_incomplete" };
  if (standing === "forbidden") return { outcome: "failed", task_id, code: "path_forbidden" };
  return undefined;
}
