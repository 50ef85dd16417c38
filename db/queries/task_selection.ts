/** Queries that choose tasks for jobs: a user's, or what a cleanup takes. */
import type { TaskStatus } from "../../domain/task_states.ts";
import type { Executor } from "../database.ts";
import { idsIn } from "../dialects/sqlite/statements.ts";

/** The tasks of one user in one project, oldest first. */
export async function listTasksOfUser(db: Executor, projectId: number, createdBy: string): Promise<string[]> {
  const rows = await db.selectFrom("data_pipeline_tasks").select("task_id")
    .where("created_by", "=", createdBy).where("project_id", "=", projectId)
    .orderBy("created_at").orderBy("task_id").execute();
  return rows.map((row) => row.task_id);
}

/** Those of `taskIds` that are this user's in this project. */
export async function filterTasksOfUser(
  db: Executor,
  taskIds: readonly string[],
  projectId: number,
  createdBy: string,
): Promise<Set<string>> {
  const rows = await db.selectFrom("data_pipeline_tasks").select("task_id")
    .where("task_id", "in", idsIn(taskIds))
    .where("created_by", "=", createdBy).where("project_id", "=", projectId).execute();
  return new Set(rows.map((row) => row.task_id));
}

/** What a cleanup takes: tasks of these states whose directory is there, made before `before`. */
export interface CleanupSelection {
  project_id: number;
  before: number;
  status: readonly TaskStatus[];
}

/** @param keepLast the newest ones that stay, whatever their age. Oldest first. */
export async function listCleanupTasks(
  db: Executor,
  { project_id, before, status }: CleanupSelection,
  keepLast: number,
): Promise<string[]> {
  const candidates = db.selectFrom("data_pipeline_tasks").select(["task_id", "created_at"])
    .where("directory_exists", "=", 1).where("project_id", "=", project_id).where("status", "in", status);
  const kept = candidates.orderBy("created_at", "desc").orderBy("task_id", "desc").limit(keepLast);
  const rows = await candidates.where("created_at", "<", before)
    .where("task_id", "not in", db.selectFrom(kept.as("kept")).select("kept.task_id"))
    .orderBy("created_at").orderBy("task_id").execute();
  return rows.map((row) => row.task_id);
}

/** Those of `taskIds` that a cleanup would take still. */
export async function filterCleanupTasks(
  db: Executor,
  taskIds: readonly string[],
  { project_id, before, status }: CleanupSelection,
): Promise<Set<string>> {
  const rows = await db.selectFrom("data_pipeline_tasks").select("task_id")
    .where("task_id", "in", idsIn(taskIds)).where("directory_exists", "=", 1)
    .where("project_id", "=", project_id).where("status", "in", status).where("created_at", "<", before)
    .execute();
  return new Set(rows.map((row) => row.task_id));
}
