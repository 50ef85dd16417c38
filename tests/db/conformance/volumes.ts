import assert from "node:assert/strict";
import {
  findDeletions,
  findStuck,
  findUnderWay,
  insertDeletions,
  listDue,
  listStuck,
  listUnfinished,
} from "../../../db/queries/deletions.ts";
import {
  countDirectories,
  deleteRecords,
  eachPresent,
  findDeletionStates,
  findTask,
  insertTasks,
  listRecords,
  markDirectoriesGone,
  markDirectoriesPresent,
} from "../../../db/queries/pipeline_tasks.ts";
import { claimRows } from "../../../db/queries/volumes.ts";
import { type Conformance, deletion, step, task } from "./_store.ts";

export const volumes: Conformance = {
  "what looks at records or changes them by volume does not touch another volume's": async (database) => {
    const { kysely } = database;
    await insertTasks(kysely, "A", [task("a"), task("off", { directory_exists: 0 })], [step("a", 0)]);
    const before = await listRecords(kysely, ["a", "off"]);
    await markDirectoriesGone(kysely, "B", ["a", "off"], 5);
    await markDirectoriesPresent(kysely, "B", ["a", "off"], 5);
    assert.equal(await deleteRecords(kysely, "B", ["a", "off"]), 0);
    assert.deepEqual(await listRecords(kysely, ["a", "off"]), before);
    assert.equal((await findDeletionStates(kysely, "B", ["a"])).size, 0);
    assert.equal((await findDeletionStates(kysely, "A", ["a"])).size, 1);
    assert.deepEqual({ ...await countDirectories(kysely, ["B", ""]) }, { all: 0, inPlace: 0 });
    assert.deepEqual({ ...await countDirectories(kysely, ["B", "A"]) }, { all: 1, inPlace: 1 });
    for await (const ids of eachPresent(database, "B")) assert.deepEqual(ids, []);
  },
  "the lists of what is left give the volume's own, and one task id may be under way on two": async (
    { kysely },
  ) => {
    const rows = (id: string) => [
      deletion(`i${id}`, "i"),
      deletion(`s${id}`, "s", { state: "purge_failed", trashed_at: 1, error_code: "x" }),
      deletion(`w${id}`, "w", { state: "trashed", trashed_at: 1, purge_at: 5 }),
    ];
    await insertDeletions(kysely, "A", rows("1"));
    assert.deepEqual(await findUnderWay(kysely, "B", ["i"]), new Set());
    assert.equal((await findStuck(kysely, "B", ["s"])).size, 0);
    const lists = async (volume: string) =>
      [
        await listUnfinished(kysely, volume),
        await listStuck(kysely, volume),
        await listDue(kysely, volume, 9, 9),
      ]
        .map((list) => list.map((row) => row.deletion_id).sort());
    assert.deepEqual(await lists("B"), [[], [], []]);
    await insertDeletions(kysely, "B", rows("2"));
    assert.deepEqual(await lists("A"), [["i1", "s1"], ["s1"], ["w1"]]);
    assert.deepEqual(await lists("B"), [["i2", "s2"], ["s2"], ["w2"]]);
    await assert.rejects(insertDeletions(kysely, "B", [deletion("x", "i")]));
  },
  "claimRows gives the rows of no volume and of the former one, and no others": async ({ kysely }) => {
    for (const [id, volume] of [["none", ""], ["a", "A"], ["b", "B"], ["c", "C"]] as const) {
      await insertTasks(kysely, volume, [task(id)], [step(id, 0)]);
      await insertDeletions(kysely, volume, [deletion(id, id)]);
    }
    const ids = ["none", "a", "b", "c"];
    const volumesOf = async () => {
      const { tasks, steps } = await listRecords(kysely, ids);
      const found = [tasks, steps, await findDeletions(kysely, ids)].map((rows) =>
        Object.fromEntries(rows.map((row) => [row.task_id, row.volume_id]))
      );
      assert.deepEqual(found[1], found[0]);
      assert.deepEqual(found[2], found[0]);
      return found[0];
    };
    await claimRows(kysely, "A");
    assert.deepEqual(await volumesOf(), { none: "A", a: "A", b: "B", c: "C" });
    await claimRows(kysely, "B", "A");
    assert.deepEqual(await volumesOf(), { none: "B", a: "B", b: "B", c: "C" });
    assert.equal((await findTask(kysely, "c"))!.volume_id, "C");
  },
};
