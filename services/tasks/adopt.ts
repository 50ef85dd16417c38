/** What the record of a directory says that nobody registered (api.md 1.4). */
import type { NewTask } from "../../db/schema.ts";
import { timeInTaskId } from "../../domain/task_id.ts";
import type { TrainingData } from "../training_data/training_data.ts";

/** A directory whose top level changed more recently than this may still be written to. */
export const STILL_RUNNING_MS = 60 * 60 * 1000;

/** When from the id, else from the directory; `running` when something in its top level changed within the hour. */
export function adopt(trainingData: TrainingData, taskId: string, now: number): NewTask {
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
