import assert from "node:assert/strict";
import { insertDeletions } from "../../../db/queries/deletions.ts";
import { PipelineTasks } from "../../../services/tasks/pipeline_tasks.ts";
import { deletion } from "../../db/conformance/_store.ts";
import { exists } from "../../_harness.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { openTestVolume } from "../../_support/volume.ts";

const NOW = new Date(2026, 0, 10, 12, 30, 5).getTime();

async function open() {
  const faults = new CommitFaults();
  const volume = await openTestVolume({ commitFault: faults.seam });
  const clock = { now: NOW };
  const tasks = new PipelineTasks({ ...volume, clock: () => clock.now });
  const { database, trainingData } = volume;
  return {
    ...volume,
    faults,
    clock,
    tasks,
    /** Rows and directories: what a refusal leaves as it is. */
    state: async () => [
      await database.kysely.selectFrom("data_pipeline_tasks").selectAll().execute(),
      await database.kysely.selectFrom("data_pipeline_task_steps").selectAll().execute(),
      [...trainingData.taskDirectories()].sort(),
    ],
    beginDeletion: (taskId: string) =>
      insertDeletions(database.kysely, trainingData.volumeId, [deletion("0-1", taskId, { state: "intent" })]),
  };
}

Deno.test("PipelineTasks.register makes the record, its pending steps and its directory", async () => {
  await using store = await open();
  const made = await store.tasks.register({ task_id: "task_a", steps: ["one", "two"], parameters: { n: 1 } });
  assert.deepEqual(
    [made.status, made.step_status, made.created_at, made.created_by, made.project_id, made.parameters],
    ["pending", "pending", NOW, "guest", 1, '{"n":1}'],
  );
  const { task, steps } = await store.tasks.get("task_a");
  assert.deepEqual(task, made);
  assert.deepEqual(steps.map((step) => [step.step_name, step.step_status]), [["one", "pending"], [
    "two",
    "pending",
  ]]);
  assert.deepEqual([...store.trainingData.taskDirectories()], ["task_a"]);
});

Deno.test("PipelineTasks.register names a task by the clock, and past what is there", async () => {
  await using store = await open();
  const first = "task_20260110_123005";
  store.fill(`${first}_2`);
  await store.beginDeletion(`${first}_3`);
  const ids = [];
  for (let i = 0; i < 2; i++) ids.push((await store.tasks.register({})).task_id);
  assert.deepEqual(ids, [first, `${first}_4`]);
});

Deno.test("PipelineTasks.register refuses what cannot be, and makes nothing", async (t) => {
  await using store = await open();
  await store.tasks.register({ task_id: "taken" });
  store.fill("by_hand", { "a.txt": "x" });
  await store.beginDeletion("deleted_now");
  const before = await store.state();
  for (
    const [registration, code] of [
      [{ task_id: "../up" }, "invalid_task_id"],
      [{ task_id: "" }, "invalid_task_id"],
      [{ task_id: ".pipekeep-trash" }, "invalid_task_id"],
      [{ task_id: "taken" }, "task_exists"],
      [{ task_id: "by_hand" }, "task_exists"],
      [{ task_id: "deleted_now" }, "deletion_in_progress"],
      [{ task_id: "new", project_id: 9 }, "invalid_input"],
    ] as const
  ) {
    await t.step(`${JSON.stringify(registration)}: ${code}`, async () => {
      await assert.rejects(store.tasks.register(registration), { code });
      assert.deepEqual(await store.state(), before);
    });
  }
});

Deno.test("PipelineTasks.register makes one of two at the same moment", async () => {
  await using store = await open();
  const both = await Promise.allSettled([
    store.tasks.register({ task_id: "task_a" }),
    store.tasks.register({ task_id: "task_a" }),
  ]);
  assert.deepEqual(both.map((one) => one.status).sort(), ["fulfilled", "rejected"]);
  assert.ok(exists(`${store.path}/task_a`));
});

Deno.test("PipelineTasks.register answers the truth of a commit that reports an error", async () => {
  await using store = await open();
  store.faults.arm("stands");
  assert.equal((await store.tasks.register({ task_id: "stands" })).task_id, "stands");
  const before = await store.state();
  store.faults.arm("lost");
  await assert.rejects(store.tasks.register({ task_id: "lost" }));
  assert.deepEqual(await store.state(), before);
});

Deno.test("PipelineTasks.report keeps the times of each transition, and what it was told", async () => {
  await using store = await open();
  await store.tasks.register({ task_id: "task_a" });
  store.clock.now = NOW + 1;
  await store.tasks.report("task_a", { status: "running", task_name: "name" });
  store.clock.now = NOW + 2;
  await store.tasks.report("task_a", { status: "running", result: { valid: 3 } });
  store.clock.now = NOW + 3;
  const { task } = await store.tasks.report("task_a", { status: "failed", error_message: "why" });
  assert.deepEqual(
    [
      task.status,
      task.started_at,
      task.completed_at,
      task.updated_at,
      task.task_name,
      task.result,
      task.error_message,
    ],
    ["failed", NOW + 1, NOW + 3, NOW + 3, "name", '{"valid":3}', "why"],
  );
});

Deno.test("PipelineTasks.reportStep lets the task follow its steps, until it is over", async () => {
  await using store = await open();
  await store.tasks.register({ task_id: "task_a", steps: ["one", "two"] });
  const report = async (step: string, step_status: "running" | "completed" | "skipped") =>
    (await store.tasks.reportStep("task_a", step, { step_status })).task;
  assert.deepEqual([(await report("one", "running")).status, (await report("one", "completed")).status], [
    "running",
    "partial_completed",
  ]);
  const over = await report("two", "completed");
  assert.deepEqual([over.status, over.step_status, over.completed_at], ["completed", "all_completed", NOW]);
});

Deno.test("PipelineTasks reports are refused for what is being deleted, or cannot follow, and change nothing", async () => {
  await using store = await open();
  await store.tasks.register({ task_id: "task_a", steps: ["one"] });
  await store.beginDeletion("task_a");
  const before = await store.state();
  const { tasks } = store;
  for (
    const [code, report] of [
      ["deletion_in_progress", () => tasks.report("task_a", { status: "running" })],
      ["deletion_in_progress", () => tasks.reportStep("task_a", "one", { step_status: "running" })],
      ["step_not_found", () => tasks.reportStep("task_a", "none", {})],
      ["task_not_found", () => tasks.report("nobody", {})],
      ["invalid_task_id", () => tasks.report("../task_a", {})],
      ["invalid_task_id", () => tasks.get("a/b")],
      ["task_not_found", () => tasks.get("nobody")],
    ] as const
  ) {
    await assert.rejects(report() as Promise<unknown>, { code });
  }
  assert.deepEqual(await store.state(), before);
});

Deno.test("PipelineTasks.list gives the newest first, with an exact total", async () => {
  await using store = await open();
  for (const task_id of ["a", "b", "c"]) {
    store.clock.now++;
    await store.tasks.register({ task_id, created_by: task_id === "a" ? "x" : "y" });
  }
  const page = await store.tasks.list({}, { limit: 2, offset: 0 });
  assert.deepEqual([page.rows.map((row) => row.task_id), page.total, page.hasMore], [["c", "b"], 3, true]);
  const filtered = await store.tasks.list({ created_by: "x" }, { limit: 2, offset: 0 });
  assert.deepEqual([filtered.rows.map((row) => row.task_id), filtered.total], [["a"], 1]);
});

Deno.test("PipelineTasks makes nothing, not even for a moment, where a deletion may have to put something back", async () => {
  await using store = await open();
  await store.tasks.register({ task_id: "known" });
  Deno.removeSync(`${store.path}/known`);
  await store.beginDeletion("unknown");
  const longAgo = new Date(2020, 0, 1);
  Deno.utimeSync(store.path, longAgo, longAgo);
  for (const [task_id, code] of [["known", "task_exists"], ["unknown", "deletion_in_progress"]] as const) {
    await assert.rejects(store.tasks.register({ task_id }), { code });
    assert.deepEqual(Deno.statSync(store.path).mtime, longAgo, task_id);
  }
});
