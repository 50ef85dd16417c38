/** What becomes of reports whose commit reports an error; the rules of each report are tested with PipelineTasks. */
import assert from "node:assert/strict";
import { PipelineTasks } from "../../../services/tasks/pipeline_tasks.ts";
import { getDetail, takeReport, writeStepReport, writeTaskReport } from "../../../services/tasks/report.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { openTestVolume } from "../../_support/volume.ts";

async function open() {
  const faults = new CommitFaults();
  const volume = await openTestVolume({ commitFault: faults.seam });
  const clock = { now: 1000 };
  const dependencies = { ...volume, clock: () => clock.now };
  const tasks = new PipelineTasks(dependencies);
  await tasks.register({ task_id: "task_a", steps: ["one", "two"] });
  clock.now = 2000;
  return {
    faults,
    dependencies,
    detail: () => getDetail(volume.database.kysely, "task_a"),
    [Symbol.asyncDispose]: () => volume[Symbol.asyncDispose](),
  };
}

const REPORTS = [
  ["writeTaskReport", writeTaskReport({ status: "running", task_name: "a", result: { n: 1 } })],
  ["writeStepReport", writeStepReport("one", { step_status: "running", execution_id: "x" })],
] as const;

for (const [name, write] of REPORTS) {
  Deno.test(`${name} writes what is reported, and when`, async () => {
    await using store = await open();
    const { task, steps } = await takeReport(store.dependencies, "task_a", write);
    assert.deepEqual([task.status, task.started_at, task.updated_at, task.reported_at], [
      "running",
      2000,
      2000,
      2000,
    ]);
    assert.deepEqual(await store.detail(), { task, steps });
  });

  Deno.test(`${name} is answered when its commit stands although it reports an error`, async () => {
    await using store = await open();
    store.faults.arm("stands");
    const detail = await takeReport(store.dependencies, "task_a", write);
    assert.equal(store.faults.isArmed, false);
    assert.equal(detail.task.status, "running");
    assert.deepEqual(await store.detail(), detail);
  });

  Deno.test(`${name} is an error when its commit is lost, and nothing changed`, async () => {
    await using store = await open();
    const before = await store.detail();
    store.faults.arm("lost");
    await assert.rejects(takeReport(store.dependencies, "task_a", write), { code: "storage_failed" });
    assert.deepEqual(await store.detail(), before);
  });
}

Deno.test("takeReport leaves the doubt when somebody changed the task before it could ask", async () => {
  await using store = await open();
  const { database } = store.dependencies;
  store.faults.arm("stands");
  const report = takeReport(store.dependencies, "task_a", writeTaskReport({ status: "running" }));
  // Its turn to write comes before the asking: it waits behind the report already.
  const other = database.kysely.updateTable("data_pipeline_tasks").set({ task_name: "other" }).execute();
  await assert.rejects(report, { name: "CommitInDoubt" });
  await other;
});

Deno.test("takeReport refuses what there is no task or step for, and impossible transitions, and changes nothing", async () => {
  await using store = await open();
  await takeReport(store.dependencies, "task_a", writeTaskReport({ status: "completed" }));
  const before = await store.detail();
  const refused = [
    ["nobody", writeTaskReport({ status: "running" }), "task_not_found"],
    ["task_a", writeTaskReport({ status: "running" }), "impossible_transition"],
    ["task_a", writeStepReport("three", { step_status: "running" }), "step_not_found"],
    ["task_a", writeStepReport("one", { step_status: "running" }), "impossible_transition"],
  ] as const;
  for (const [id, write, code] of refused) {
    await assert.rejects(takeReport(store.dependencies, id, write), { code });
  }
  assert.deepEqual(await store.detail(), before);
});
