/** The first look of a deletion at its tasks: which may go, and why the others may not (the table of api.md 1.1). */
import { findUnderWay } from "../db/deletions.ts";
import { type DeletionState, type Executor, findDeletionStates } from "../db/pipeline_tasks.ts";
import { type DeletionItem, failedItem, type TaskOutcome } from "./deletion_outcome.ts";
import { isTaskId } from "./task_id.ts";
import type { Standing, TrainingData } from "./training_data.ts";

/** Looks at each task. Those that may not be deleted come back with their outcome. */
export async function examine(
  db: Executor,
  trainingData: TrainingData,
  taskIds: readonly string[],
  options: { force: boolean; delete_database_records: boolean },
): Promise<DeletionItem[]> {
  const records = await findDeletionStates(db, taskIds);
  const underWay = await findUnderWay(db, taskIds);
  return taskIds.map((task_id): DeletionItem => {
    if (!isTaskId(task_id)) return failedItem(task_id, "invalid_task_id");
    const record = records.get(task_id);
    const standing = trainingData.inspect(task_id);
    const refusal = refuse(task_id, {
      record,
      standing,
      underWay: underWay.has(task_id),
      force: options.force,
    });
    return {
      task_id,
      deletion_id: "",
      directory: standing === "directory",
      deletesRecord: record !== undefined && options.delete_database_records,
      ...(refusal && { outcome: refusal }),
    };
  });
}

function refuse(
  task_id: string,
  look: { record: DeletionState | undefined; standing: Standing; underWay: boolean; force: boolean },
): TaskOutcome | undefined {
  const { record, standing, underWay, force } = look;
  // A directory that another deletion took out of sight is still an entry, in the trash.
  if (record === undefined && standing === "absent" && !underWay) {
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
  if (standing === "forbidden") return { outcome: "failed", task_id, code: "path_forbidden" };
  return undefined;
}
