import assert from "node:assert/strict";
import { insertDeletions } from "../../../db/queries/deletions.ts";
import {
  countDirectories,
  deleteRecords,
  eachDirectoryFlag,
  findDeletionStates,
  findTask,
  insertRecordsAgain,
  insertTasks,
  listRecords,
  listSteps,
  markDirectoriesGone,
  markDirectoriesPresent,
  type TaskFilter,
  TaskList,
  updateStep,
  updateTask,
} from "../../../db/queries/pipeline_tasks.ts";
import { type Conformance, deletion, step, task, VOLUME } from "./_store.ts";

export const pipelineTasks: Conformance = {
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
  "insertTasks refuses an id that is there, compares bytes, and a failed one leaves nothing": async (
    database,
  ) => {
    const { kysely } = database;
    await insertTasks(kysely, VOLUME, [task("a")], [step("a", 0)]);
    const before = await findTask(kysely, "a");
    await assert.rejects(database.transaction((trx) => insertTasks(trx, VOLUME, [task("n"), task("a")], [])));
    await assert.rejects(
      database.transaction((trx) => insertTasks(trx, VOLUME, [task("n")], [step("n", 0), step("n", 0)])),
    );
    await assert.rejects(database.transaction((trx) => insertTasks(trx, VOLUME, [], [step("nobody", 0)])));
    assert.equal(await findTask(kysely, "n"), undefined);
    assert.deepEqual(await findTask(kysely, "a"), before);
    assert.equal((await listSteps(kysely, "a")).length, 1);
    await insertTasks(kysely, VOLUME, [task("A")], []);
    assert.equal((await findTask(kysely, "A"))!.task_id, "A");
  },
  "updateTask and updateStep change one row, listSteps keeps the order": async ({ kysely }) => {
    await insertTasks(kysely, VOLUME, [task("a"), task("b")], [step("a", 1), step("a", 0), step("b", 0)]);
    await updateTask(kysely, "a", { business_context: "数据" });
    await updateStep(kysely, "a", "step 1", { step_status: "running", started_at: 5 });
    assert.equal((await findTask(kysely, "a"))!.business_context, "数据");
    assert.equal((await findTask(kysely, "b"))!.business_context, null);
    assert.deepEqual((await listSteps(kysely, "a")).map((row) => row.step_status), ["pending", "running"]);
    const states = await findDeletionStates(kysely, VOLUME, ["a", "b", "B", "none"]);
    assert.deepEqual([...states.keys()].sort(), ["a", "b"]);
    assert.equal(states.get("a")!.running_step, "step 1");
    assert.equal(states.get("b")!.running_step, null);
    assert.equal((await findDeletionStates(kysely, VOLUME, [])).size, 0);
  },
  "records are listed, deleted with their steps, and inserted again as they were": async ({ kysely }) => {
    await insertTasks(kysely, VOLUME, [task("a"), task("b")], [step("a", 0), step("a", 1)]);
    const { tasks: [record], steps } = await listRecords(kysely, ["a", "none"]);
    assert.deepEqual(await listRecords(kysely, []), { tasks: [], steps: [] });
    assert.equal(await deleteRecords(kysely, VOLUME, []), 0);
    assert.equal(await deleteRecords(kysely, VOLUME, ["a", "none"]), 1);
    assert.deepEqual(await listRecords(kysely, ["a"]), { tasks: [], steps: [] });
    const again = [{ record: { ...record }, steps: steps.map((row) => ({ ...row })) }];
    await insertRecordsAgain(kysely, VOLUME, [...again, { record: null, steps: [] }]);
    await insertRecordsAgain(kysely, VOLUME, again);
    const { id: _old, ...wanted } = record!;
    const { id: _new, ...made } = (await findTask(kysely, "a"))!;
    assert.deepEqual(made, wanted);
    assert.deepEqual(await listSteps(kysely, "a"), steps);
  },
  "directories are marked gone and present, and only news changes a record": async ({ kysely }) => {
    await insertTasks(kysely, VOLUME, [
      task("a"),
      task("b", { directory_exists: 0, directory_size_bytes: 0 }),
    ], []);
    const b = await findTask(kysely, "b");
    await markDirectoriesGone(kysely, VOLUME, ["a", "b"], 5, { onlyNews: true });
    assert.deepEqual(await findTask(kysely, "b"), b);
    const a = (await findTask(kysely, "a"))!;
    assert.deepEqual([a.directory_exists, a.directory_size_bytes, a.updated_at], [0, 0, 5]);
    await markDirectoriesGone(kysely, VOLUME, ["b"], 6);
    assert.equal((await findTask(kysely, "b"))!.updated_at, 6);
    await markDirectoriesPresent(kysely, VOLUME, ["a"], 7);
    await markDirectoriesPresent(kysely, VOLUME, ["a"], 8);
    const back = (await findTask(kysely, "a"))!;
    assert.deepEqual([back.directory_exists, back.directory_size_bytes, back.updated_at], [1, null, 7]);
    await markDirectoriesGone(kysely, VOLUME, [], 9);
    await markDirectoriesPresent(kysely, VOLUME, [], 9);
    assert.deepEqual(await findTask(kysely, "a"), back);
  },
  "countDirectories leaves intents out of those in place, eachDirectoryFlag goes by the bytes": async (
    { kysely },
  ) => {
    await insertTasks(kysely, VOLUME, [task("a"), task("B"), task("c", { directory_exists: 0 })], []);
    await insertDeletions(kysely, VOLUME, [deletion("1", "a")]);
    assert.deepEqual({ ...await countDirectories(kysely, [VOLUME]) }, { all: 2, inPlace: 1 });
    const flags = [];
    for await (const { task_id, directory_exists } of eachDirectoryFlag(kysely, VOLUME)) {
      flags.push([task_id, directory_exists]);
    }
    assert.deepEqual(flags, [["B", 1], ["a", 1], ["c", 0]]);
  },
  "ids with U+0000 or a lone surrogate are refused, and nothing changes": async ({ kysely }) => {
    await insertTasks(kysely, VOLUME, [task("a")], []);
    for (const bad of ["a\0", "a\ud800"]) {
      await assert.rejects(findTask(kysely, bad));
      await assert.rejects(deleteRecords(kysely, VOLUME, ["a", bad]));
      await assert.rejects(insertTasks(kysely, VOLUME, [task(bad)], []));
      await assert.rejects(markDirectoriesGone(kysely, VOLUME, ["a", bad], 5));
    }
    assert.deepEqual({ ...await countDirectories(kysely, [VOLUME]) }, { all: 1, inPlace: 1 });
  },
};
