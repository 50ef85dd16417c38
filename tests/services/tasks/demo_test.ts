import assert from "node:assert/strict";
import { fillWithSamples } from "../../../services/tasks/demo.ts";
import { reconcile } from "../../../services/tasks/reconcile.ts";
import { openTestVolume } from "../../_support/volume.ts";

const NOW = new Date(2026, 0, 10, 12).getTime();

Deno.test("fillWithSamples makes 40 runs whose records and directories agree", async () => {
  await using volume = await openTestVolume();
  const { database, trainingData } = volume;
  assert.equal(await fillWithSamples(database, trainingData, NOW), 40);
  const none = { adopted: 0, vanished: 0, returned: 0, completed: 0 };
  assert.deepEqual(await reconcile(database, trainingData, NOW), none);
  const tasks = await database.kysely.selectFrom("data_pipeline_tasks").selectAll().execute();
  assert.equal(tasks.length, 40);
  // The ids that the documents print are among them, and every status is there to be filtered by.
  assert.ok(tasks.some((task) => task.task_id === "task_20250702_223802"));
  const statuses = new Set(tasks.map((task) => task.status));
  for (const status of ["running", "completed", "failed", "partial_completed", "cancelled"] as const) {
    assert.ok(statuses.has(status), status);
  }
  assert.ok(tasks.every((task) => task.created_at <= NOW));
  assert.ok(Deno.statSync(`${volume.path}/task_20250702_223802/data_pipeline.log`).size > 0);
  assert.match(Deno.readTextFileSync(`${volume.path}/task_20250702_failed/data_pipeline.log`), / \[ERROR\] /);
});

Deno.test("fillWithSamples leaves a training_data alone that has a task directory", async () => {
  await using volume = await openTestVolume();
  const { database, trainingData } = volume;
  volume.fill("somebodys", { "a.txt": "x" });
  assert.equal(await fillWithSamples(database, trainingData, NOW), 0);
  assert.deepEqual(await database.kysely.selectFrom("data_pipeline_tasks").selectAll().execute(), []);
  assert.deepEqual([...trainingData.taskDirectories()], ["somebodys"]);
});
