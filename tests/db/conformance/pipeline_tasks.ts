import assert from "node:assert/strict";
import { insertDeletions } from "../../../db/queries/deletions.ts";
import {
  countDirectories,
  deleteRecords,
  eachPresent,
  findDeletionStates,
  findTask,
  insertRecordsAgain,
  insertTasks,
  listRecords,
  listSteps,
  markDirectoriesGone,
  markDirectoriesPresent,
  updateStep,
  updateTask,
} from "../../../db/queries/pipeline_tasks.ts";
import { type Conformance, deletion, step, task, VOLUME } from "./_store.ts";

export const pipelineTasks: Conformance = {
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
  "countDirectories leaves intents out of those in place": async ({ kysely }) => {
    await insertTasks(kysely, VOLUME, [task("a"), task("B"), task("c", { directory_exists: 0 })], []);
    await insertDeletions(kysely, VOLUME, [deletion("1", "a")]);
    assert.deepEqual({ ...await countDirectories(kysely, [VOLUME]) }, { all: 2, inPlace: 1 });
  },
  "eachPresent gives each id of the volume whose directory is said to exist once, over all its pages": async (
    database,
  ) => {
    const { kysely } = database;
    // Three pages and one more, many of the same time.
    const expected = Array.from({ length: 6001 }, (_, i) => `t${i}`);
    await insertTasks(kysely, VOLUME, expected.map((id, i) => task(id, { created_at: i % 3 })), []);
    await insertTasks(kysely, VOLUME, [task("gone", { directory_exists: 0 })], []);
    await insertTasks(kysely, "other", [task("elsewhere")], []);
    const found = [];
    for await (const ids of eachPresent(database, VOLUME)) found.push(...ids);
    assert.deepEqual(found.sort(), expected.sort());
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
