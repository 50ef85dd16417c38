import assert from "node:assert/strict";
import { insertTasks } from "../../../db/queries/pipeline_tasks.ts";
import {
  filterCleanupTasks,
  filterTasksOfUser,
  listCleanupTasks,
  listTasksOfUser,
} from "../../../db/queries/task_selection.ts";
import { type Conformance, task, VOLUME } from "./_store.ts";

export const taskSelection: Conformance = {
  "listTasksOfUser and filterTasksOfUser compare users and ids by their bytes": async ({ kysely }) => {
    const rows = [task("a"), task("B"), task("c", { created_at: 1 }), task("d", { created_by: "U" })];
    await insertTasks(kysely, VOLUME, rows, []);
    assert.deepEqual(await listTasksOfUser(kysely, 1, "u"), ["c", "B", "a"]);
    assert.deepEqual(await listTasksOfUser(kysely, 2, "u"), []);
    assert.deepEqual(await filterTasksOfUser(kysely, ["a", "b", "d", "none"], 1, "u"), new Set(["a"]));
    assert.deepEqual(await filterTasksOfUser(kysely, [], 1, "u"), new Set());
  },
  "listCleanupTasks keeps the newest, and takes only old directories of these states": async ({ kysely }) => {
    const done = (id: string, at: number, more = {}) =>
      task(id, { status: "completed", completed_at: at, created_at: at, ...more });
    const rows = [
      done("a", 1),
      done("b", 2),
      done("c", 3),
      done("gone", 0, { directory_exists: 0 }),
      task("p"),
    ];
    await insertTasks(kysely, VOLUME, rows, []);
    const selection = { project_id: 1, before: 3, status: ["completed", "failed"] as const };
    assert.deepEqual(await listCleanupTasks(kysely, selection, 0), ["a", "b"]);
    assert.deepEqual(await listCleanupTasks(kysely, selection, 2), ["a"]);
    assert.deepEqual(await listCleanupTasks(kysely, selection, 9), []);
    assert.deepEqual(
      await filterCleanupTasks(kysely, ["b", "c", "gone", "p", "A"], selection),
      new Set(["b"]),
    );
    assert.deepEqual(await filterCleanupTasks(kysely, [], selection), new Set());
  },
};
