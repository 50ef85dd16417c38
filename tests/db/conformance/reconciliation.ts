import assert from "node:assert/strict";
import { findTask, insertTasks } from "../../../db/queries/pipeline_tasks.ts";
import {
  completeQuiet,
  eachExpected,
  isAnythingInTrash,
  listUnreported,
} from "../../../db/queries/reconciliation.ts";
import { endDeletions, insertDeletions, markTrashed } from "../../../db/queries/deletions.ts";
import { type Conformance, deletion, task, VOLUME } from "./_store.ts";

const RUNNING = { status: "running" as const, created_by: "system", started_at: 1000 };

export const reconciliation: Conformance = {
  "listUnreported gives adopted tasks of the volume that run, and nobody reported on": async ({ kysely }) => {
    await insertTasks(kysely, VOLUME, [
      task("adopted", RUNNING),
      task("returned", { ...RUNNING, updated_at: 5 }),
      task("reported", { ...RUNNING, reported_at: 5, updated_at: 5 }),
      task("registered", { ...RUNNING, created_by: "guest" }),
      task("over", { created_by: "system", status: "completed", started_at: 1, completed_at: 2 }),
      task("gone", { ...RUNNING, directory_exists: 0 }),
    ], []);
    await insertTasks(kysely, "another", [task("elsewhere", RUNNING)], []);
    assert.deepEqual((await listUnreported(kysely, VOLUME)).map((row) => row.task_id).sort(), [
      "adopted",
      "returned",
    ]);
  },
  "completeQuiet ends one, not before it began, and none that somebody reported on": async ({ kysely }) => {
    await insertTasks(kysely, VOLUME, [
      task("quiet", RUNNING),
      task("early", RUNNING),
      task("gone", { ...RUNNING, directory_exists: 0 }),
      task("reported", { ...RUNNING, reported_at: 5, updated_at: 5 }),
    ], []);
    assert.equal(await completeQuiet(kysely, VOLUME, "quiet", 2000, 9000), 1);
    assert.equal(await completeQuiet(kysely, VOLUME, "quiet", 3000, 9000), 0);
    assert.equal(await completeQuiet(kysely, VOLUME, "early", 500, 9000), 1);
    for (const id of ["reported", "gone"]) {
      assert.equal(await completeQuiet(kysely, VOLUME, id, 2000, 9000), 0, id);
    }
    assert.equal(await completeQuiet(kysely, "another", "reported", 2000, 9000), 0);
    const quiet = await findTask(kysely, "quiet");
    assert.deepEqual([quiet?.status, quiet?.completed_at, quiet?.updated_at], ["completed", 2000, 9000]);
    assert.equal((await findTask(kysely, "early"))?.completed_at, 1000);
    assert.equal((await findTask(kysely, "reported"))?.status, "running");
  },
  "eachExpected gives the volumes' records in place by id, however many, and none that is on its way": async (
    { kysely },
  ) => {
    const many = Array.from({ length: 60 }, (_, i) => task(`many_${String(i).padStart(2, "0")}`));
    await insertTasks(kysely, VOLUME, [
      task("a"),
      task("b", { directory_exists: 0 }),
      task("moving"),
      task("moved_before"),
      ...many,
    ], []);
    await insertTasks(kysely, "another", [task("c"), task("d")], []);
    await insertDeletions(kysely, VOLUME, [deletion("d1", "moving"), deletion("d2", "moved_before")]);
    await markTrashed(kysely, ["d2"], 5, 9);
    // Another volume's deletion of the same name is none of this one's.
    await insertDeletions(kysely, "another", [deletion("d3", "a")]);
    const names = await Array.fromAsync(eachExpected(kysely, [VOLUME, ""]));
    assert.deepEqual(names, ["a", ...many.map((row) => row.task_id), "moved_before"]);
    assert.deepEqual(await Array.fromAsync(eachExpected(kysely, ["another"])), ["c", "d"]);
    assert.deepEqual(await Array.fromAsync(eachExpected(kysely, [])), []);
  },
  "isAnythingInTrash knows intents, what waits, what resists and what is stranded": async ({ kysely }) => {
    const isThere = () => isAnythingInTrash(kysely, [VOLUME]);
    const end = (to: "released" | "stranded", from: "intent" | "stranded") =>
      endDeletions(kysely, ["d1"], { from: [from], to, now: 5, error_code: "storage_failed", error: "e" });
    await insertDeletions(kysely, "another", [deletion("d0", "task_a")]);
    assert.equal(await isThere(), false);
    await insertDeletions(kysely, VOLUME, [deletion("d1", "task_a")]);
    assert.equal(await isThere(), true);
    await end("stranded", "intent");
    assert.equal(await isThere(), true);
    await end("released", "stranded");
    assert.equal(await isThere(), false);
    await insertDeletions(kysely, VOLUME, [deletion("d2", "task_a")]);
    await markTrashed(kysely, ["d2"], 5, 9);
    assert.equal(await isThere(), true);
  },
};
