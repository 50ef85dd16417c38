import assert from "node:assert/strict";
import { findTask, insertTasks } from "../../../db/queries/pipeline_tasks.ts";
import { completeQuiet, listUnreported } from "../../../db/queries/reconciliation.ts";
import { type Conformance, task, VOLUME } from "./_store.ts";

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
};
