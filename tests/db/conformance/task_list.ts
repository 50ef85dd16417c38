import assert from "node:assert/strict";
import { insertTasks, updateTask } from "../../../db/queries/pipeline_tasks.ts";
import { type TaskFilter, TaskList } from "../../../db/queries/task_list.ts";
import { type Conformance, task, VOLUME } from "./_store.ts";

export const taskList: Conformance = {
  "TaskList pages by offset and by cursor, newest first, ids by their bytes": async (database) => {
    const ids = ["a", "B", "c", "D"];
    await insertTasks(database.kysely, VOLUME, [
      ...ids.map((id) => task(id)),
      task("new", { created_at: 2000 }),
    ], []);
    const order = ["new", "c", "a", "D", "B"];
    const list = new TaskList(database);
    const all = await list.page({}, { limit: 9, offset: 0 });
    assert.deepEqual([all.rows.map((row) => row.task_id), all.total, all.hasMore], [order, 5, false]);
    const two = await list.page({}, { limit: 2, offset: 2 });
    assert.deepEqual([two.rows.map((row) => row.task_id), two.hasMore], [["a", "D"], true]);
    const next = await list.page({}, { limit: 2, offset: 0, after: { at: 1000, id: "a" } });
    assert.deepEqual([next.rows.map((row) => row.task_id), next.total, next.hasMore], [["D", "B"], 5, false]);
  },
  "TaskList narrows by every filter, and searches names as they are written": async (database) => {
    const names = ["100% done", "100_ done", 'it\'s "so"', "高速公路服务区", "back\\slash", "ABC", "abc"];
    const tasks = names.map((task_name, i) => task(`t${i}`, { task_name, created_at: i }));
    const other = task("o", { created_by: "x", db_name: "d", directory_exists: 0, created_at: 99 });
    await insertTasks(database.kysely, VOLUME, [...tasks, other], []);
    const list = new TaskList(database);
    const found = async (filter: TaskFilter) => {
      const page = await list.page(filter, { limit: 50, offset: 0 });
      assert.equal(page.total, page.rows.length);
      return page.rows.map((row) => row.task_id).reverse();
    };
    const searches: Record<string, string[]> = {
      "%": ["t0"],
      "00%": ["t0"],
      "_": ["t1"],
      "00_": ["t1"],
      "'": ["t2"],
      '"so"': ["t2"],
      "t's \"": ["t2"],
      "公路": ["t3"],
      "速公路服": ["t3"],
      "\\": ["t4"],
      "k\\s": ["t4"],
      "ABC": ["t5"],
      "ab": ["t6"],
      "abcd": [],
    };
    for (const [task_name, ids] of Object.entries(searches)) {
      assert.deepEqual(await found({ task_name }), ids, task_name);
    }
    assert.deepEqual(await found({ created_by: "x" }), ["o"]);
    assert.deepEqual(await found({ db_name: "d" }), ["o"]);
    assert.deepEqual(await found({ directory_exists: false }), ["o"]);
    assert.deepEqual(await found({ created_after: 1, created_before: 3 }), ["t1", "t2"]);
    assert.deepEqual(await found({ status: "failed" }), []);
    assert.deepEqual(await found({ status: "pending", created_by: "u", created_after: 6 }), ["t6"]);
    await updateTask(database.kysely, "t6", { task_name: "renamed" });
    assert.deepEqual(await found({ task_name: "abc" }), []);
    assert.deepEqual(await found({ task_name: "renamed" }), ["t6"]);
  },
  "TaskList gives each column under its name, and the same shape of question its own values": async (
    database,
  ) => {
    const row = task("a", {
      task_name: "n",
      status: "completed",
      step_status: "failed",
      created_at: 1,
      started_at: 2,
      completed_at: 3,
      updated_at: 4,
      created_by: "x",
      db_name: "d",
      business_context: "c",
      directory_size_bytes: 5,
    });
    await insertTasks(database.kysely, VOLUME, [row, task("b", { created_by: "y" })], []);
    const list = new TaskList(database);
    const page = async (created_by: string) =>
      (await list.page({ created_by }, { limit: 9, offset: 0 })).rows;
    assert.deepEqual((await page("y")).map(({ task_id }) => task_id), ["b"]);
    const { parameters: _parameters, result: _result, error_message: _error_message, ...listed } = row;
    assert.deepEqual(await page("x"), [{ ...listed, project_id: 1 }]);
  },
};
