/** Queries on `data_pipeline_tasks` and `data_pipeline_task_steps`; the list is in task_list.ts. */
import type { TaskStatus } from "../../domain/task_states.ts";
import { sql } from "kysely";
import { idsIn } from "../dialects/sqlite/statements.ts";
import type { Database, Executor } from "../database.ts";
import type { NewStep, NewTask, StepRow, TaskRow } from "../schema.ts";

export function findTask(db: Executor, taskId: string): Promise<TaskRow | undefined> {
  return db.selectFrom("data_pipeline_tasks").selectAll().where("task_id", "=", taskId).executeTakeFirst();
}

/** The task's steps in the order they were registered. */
export function listSteps(db: Executor, taskId: string): Promise<StepRow[]> {
  return db.selectFrom("data_pipeline_task_steps").selectAll()
    .where("task_id", "=", taskId).orderBy("position").execute();
}

/** @throws {Error} on a task id that is there already */
export async function insertTasks(
  db: Executor,
  volumeId: string,
  tasks: readonly NewTask[],
  steps: readonly NewStep[],
): Promise<void> {
  const withVolume = <Row extends object>(row: Row) => ({ ...row, volume_id: volumeId });
  // SQLite takes 32,766 parameters in a statement; a row has 19.
  for (let i = 0; i < tasks.length; i += 1000) {
    await db.insertInto("data_pipeline_tasks").values(tasks.slice(i, i + 1000).map(withVolume)).execute();
  }
  for (let i = 0; i < steps.length; i += 2000) {
    await db.insertInto("data_pipeline_task_steps").values(steps.slice(i, i + 2000).map(withVolume))
      .execute();
  }
}

/** The whole records of `taskIds`, for who deletes them. */
export async function listRecords(
  db: Executor,
  taskIds: readonly string[],
): Promise<{ tasks: TaskRow[]; steps: StepRow[] }> {
  if (taskIds.length === 0) return { tasks: [], steps: [] };
  const tasks = await db.selectFrom("data_pipeline_tasks").selectAll()
    .where("task_id", "in", idsIn(taskIds)).execute();
  const steps = await db.selectFrom("data_pipeline_task_steps").selectAll()
    .where("task_id", "in", idsIn(taskIds)).orderBy("position").execute();
  return { tasks, steps };
}

/** Makes records again as they were, unless there are some. Their directories are in place, on the volume. */
export async function insertRecordsAgain(
  db: Executor,
  volumeId: string,
  records: readonly { record: Record<string, unknown> | null; steps: readonly Record<string, unknown>[] }[],
): Promise<void> {
  for (const { record, steps } of records) {
    if (record === null) continue;
    const { id: _id, ...task } = record as unknown as TaskRow;
    const project = await db.selectFrom("projects").select("id").where("id", "=", task.project_id)
      .executeTakeFirst();
    const { numInsertedOrUpdatedRows = 0n } = await db.insertInto("data_pipeline_tasks").values({
      ...task,
      // A project that this database does not know (yet) must not cost the record.
      project_id: project?.id ?? 1,
      volume_id: volumeId,
    })
      .onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n || steps.length === 0) continue;
    await db.insertInto("data_pipeline_task_steps")
      .values((steps as unknown as StepRow[]).map((step) => ({ ...step, volume_id: volumeId }))).execute();
  }
}

export async function updateTask(
  db: Executor,
  taskId: string,
  changes: Partial<Omit<TaskRow, "id" | "task_id">>,
): Promise<void> {
  await db.updateTable("data_pipeline_tasks").set(changes).where("task_id", "=", taskId).execute();
}

export async function updateStep(
  db: Executor,
  taskId: string,
  stepName: string,
  changes: Partial<Omit<StepRow, "task_id" | "step_name" | "position">>,
): Promise<void> {
  await db.updateTable("data_pipeline_task_steps").set(changes)
    .where("task_id", "=", taskId).where("step_name", "=", stepName).execute();
}

/** What a deletion has to know of a record. */
export interface DeletionState {
  task_id: string;
  status: TaskStatus;
  project_id: number;
  directory_exists: 0 | 1;
  running_step: string | null;
}

/** The volume's records among `taskIds`, by id; one query for the whole batch. */
export async function findDeletionStates(
  db: Executor,
  volumeId: string,
  taskIds: readonly string[],
): Promise<Map<string, DeletionState>> {
  const rows = await db.selectFrom("data_pipeline_tasks as t")
    .select(["t.task_id", "t.status", "t.project_id", "t.directory_exists"])
    .select((eb) =>
      eb.selectFrom("data_pipeline_task_steps as s").select("s.step_name")
        .whereRef("s.task_id", "=", "t.task_id").where("s.step_status", "=", "running").limit(1)
        .as("running_step")
    )
    .where("t.task_id", "in", idsIn(taskIds)).where("t.volume_id", "=", volumeId)
    .execute();
  return new Map(rows.map((row) => [row.task_id, row]));
}

/** Marks the directories of `taskIds` on the volume as gone. `onlyNews`: records that say so already keep their `updated_at`. */
export async function markDirectoriesGone(
  db: Executor,
  volumeId: string,
  taskIds: readonly string[],
  now: number,
  { onlyNews = false } = {},
): Promise<number> {
  const result = await db.updateTable("data_pipeline_tasks")
    .set({ directory_exists: 0, directory_size_bytes: 0, updated_at: now })
    .where("task_id", "in", idsIn(taskIds)).where("volume_id", "=", volumeId)
    .$if(onlyNews, (query) => query.where("directory_exists", "=", 1)).executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Marks directories on the volume as there (again): adopted by hand, or made anew by a pipeline that still ran. */
export async function markDirectoriesPresent(
  db: Executor,
  volumeId: string,
  taskIds: readonly string[],
  now: number,
): Promise<number> {
  const result = await db.updateTable("data_pipeline_tasks")
    .set({ directory_exists: 1, directory_size_bytes: null, updated_at: now })
    .where("task_id", "in", idsIn(taskIds)).where("volume_id", "=", volumeId)
    .where("directory_exists", "=", 0).executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Deletes the volume's records of `taskIds`, steps included. Returns how many tasks that were. */
export async function deleteRecords(
  db: Executor,
  volumeId: string,
  taskIds: readonly string[],
): Promise<number> {
  const result = await db.deleteFrom("data_pipeline_tasks")
    .where("task_id", "in", idsIn(taskIds)).where("volume_id", "=", volumeId).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/**
 * How many records of these volumes say that their directory exists; `inPlace` leaves out those that a deletion may have moved to the
 * trash without having said so yet.
 */
export async function countDirectories(
  db: Executor,
  volumeIds: readonly string[],
): Promise<{ all: number; inPlace: number }> {
  const row = await db.selectFrom("data_pipeline_tasks as t")
    .leftJoin(
      "deletions as d",
      (join) =>
        join.onRef("d.task_id", "=", "t.task_id").onRef("d.volume_id", "=", "t.volume_id").on(
          "d.state",
          "=",
          "intent",
        ),
    )
    .select(sql<number>`count(*)`.as("all"))
    .select(sql<number>`count(*) filter (where d.task_id is null)`.as("inPlace"))
    .where("t.directory_exists", "=", 1).where("t.volume_id", "in", idsIn(volumeIds))
    .executeTakeFirstOrThrow();
  return row;
}

const PRESENT_PAGE = 2000;

/**
 * The ids of the volume's records that say their directory exists, in pages, newest first: what a start compares with the
 * disk. Records of directories that are long gone, mostly all but a few, are not looked at.
 */
export async function* eachPresent(database: Database, volumeId: string): AsyncGenerator<string[]> {
  let after: [at: number, id: string] | undefined;
  while (true) {
    let query = database.kysely.selectFrom("data_pipeline_tasks").select(["task_id", "created_at"])
      .where("directory_exists", "=", 1).where("volume_id", "=", volumeId)
      .orderBy("created_at", "desc").orderBy("task_id", "desc").limit(PRESENT_PAGE);
    if (after !== undefined) {
      const [at, id] = after;
      query = query.where((eb) => eb(eb.refTuple("created_at", "task_id"), "<", eb.tuple(at, id)));
    }
    const rows = await database.readArrays(query.compile()) as [id: string, at: number][];
    yield rows.map(([id]) => id);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PRESENT_PAGE) return;
    after = [last[1], last[0]];
  }
}
