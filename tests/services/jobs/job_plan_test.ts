import assert from "node:assert/strict";
import { insertDeletions } from "../../../db/queries/deletions.ts";
import { insertTasks } from "../../../db/queries/pipeline_tasks.ts";
import { intentRow } from "../../../services/deletion/intent_row.ts";
import { insertOrder, type JobOrder } from "../../../services/jobs/job_order.ts";
import { claimJob, errorsOf, planOf } from "../../../services/jobs/job_plan.ts";
import { task } from "../../db/conformance/_store.ts";
import { openTemporary } from "../../_support/database.ts";

const ACTOR = { who: "w", request_id: "r" };
const OPTIONS = { delete_database_records: false, force: true, continue_on_error: true };
const HOUR = 3_600_000;
const NOW = 100 * HOUR;

const CLEANUP: JobOrder = {
  project_id: 1,
  action: "cleanup",
  reference_id: "1h",
  params: { older_than_ms: HOUR, status: ["completed"], keep_last: 1, delete_database_records: true },
};
const USER: JobOrder = { project_id: 1, action: "delete_user_data", reference_id: "alice", params: {} };

async function open(order: JobOrder) {
  const temporary = await openTemporary();
  const { database } = temporary;
  const over = { status: "completed" as const, started_at: 1, completed_at: 2 };
  await insertTasks(database.kysely, "v", [
    task("old_a", { ...over, created_at: NOW - 9 * HOUR, created_by: "alice" }),
    task("old_b", { ...over, created_at: NOW - 8 * HOUR, created_by: "alice" }),
    task("new", { ...over, created_at: NOW, created_by: "bob" }),
  ], []);
  await database.transaction((trx) => insertOrder(trx, order, ACTOR, "token", 0));
  return {
    database,
    claim: (holder = "h", now = NOW) => claimJob(database, holder, now, now + 30_000),
    insert: (...ids: string[]) =>
      insertTasks(
        database.kysely,
        "v",
        ids.map((id) => task(id, { ...over, created_at: 1, created_by: "alice" })),
        [],
      ),
    /** The log says that the job attempted these; with an error code those that failed. */
    log: (jobId: number, taskId: string, error_code: "task_running" | null = null) =>
      insertDeletions(database.kysely, "v", [{
        ...intentRow({
          deletion_id: `0-${taskId.replaceAll("_", "-")}`,
          task_id: taskId,
          ...ACTOR,
          job_id: jobId,
          delete_database_records: false,
          force: false,
          requested_at: 1,
        }),
        state: error_code === null ? "purged" : "failed",
        error_code,
        finished_at: 2,
        ...(error_code === null && { deleted_files_count: 0, deleted_size_bytes: 0, unmeasured_files: 0 }),
      }]),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

Deno.test("claimJob chooses what a job deletes when it starts it, and never again", async () => {
  for (const order of [CLEANUP, USER]) {
    await using store = await open(order);
    const job = (await store.claim())!;
    assert.deepEqual([job.status, job.holder, job.selected_at], ["running", "h", NOW]);
    assert.deepEqual((await planOf(store.database, job)).task_ids, ["old_a", "old_b"], order.action);
    await store.insert("older_still");
    const again = (await store.claim("other", NOW + 30_000))!;
    assert.deepEqual([again.epoch, again.selected_at], [2, NOW]);
    assert.deepEqual((await planOf(store.database, again)).task_ids, ["old_a", "old_b"], order.action);
  }
});

Deno.test("claimJob has nothing before a job is due, or while another holds it", async () => {
  await using store = await open({ ...CLEANUP, start_at: NOW });
  assert.equal(await store.claim("h", NOW - 1), undefined);
  assert.notEqual(await store.claim("h", NOW), undefined);
  assert.equal(await store.claim("other", NOW + 29_999), undefined);
});

Deno.test("planOf leaves out what the log says was attempted", async () => {
  await using store = await open(CLEANUP);
  const job = (await store.claim())!;
  await store.log(job.job_id, "old_a", "task_running");
  const { task_ids, attempted, options, project_id } = await planOf(store.database, job);
  assert.deepEqual([task_ids, attempted, project_id], [["old_b"], 1, 1]);
  assert.deepEqual(options, { delete_database_records: true, force: false, continue_on_error: true });
  assert.deepEqual(await errorsOf(store.database, job.job_id), ["old_a: task_running"]);
});

Deno.test("planOf has nothing left of a job that stops at its first failure, and met it", async () => {
  for (const continue_on_error of [true, false]) {
    const params = { task_ids: ["a", "b"], options: { ...OPTIONS, continue_on_error } };
    await using store = await open({ project_id: 1, action: "delete_tasks", reference_id: "x", params });
    const job = (await store.claim())!;
    await store.log(job.job_id, "a", "task_running");
    assert.deepEqual((await planOf(store.database, job)).task_ids, continue_on_error ? ["b"] : []);
  }
});

Deno.test("planOf bounds a job to its project, but for orders that know no projects", async () => {
  for (const any_project of [undefined, true] as const) {
    const params = { task_ids: ["a"], options: OPTIONS, any_project };
    await using store = await open({ project_id: 1, action: "delete_tasks", reference_id: "a", params });
    const plan = await planOf(store.database, (await store.claim())!);
    assert.equal(plan.project_id, any_project ? undefined : 1);
    assert.deepEqual(plan.options, OPTIONS);
  }
});

Deno.test("planOf selects anew, when its turn comes, only what still meets the conditions", async () => {
  for (
    const [order, change] of [
      [USER, { created_by: "bob" }],
      [CLEANUP, { status: "running", completed_at: null }],
    ] as const
  ) {
    await using store = await open(order);
    const { kysely } = store.database;
    const plan = await planOf(store.database, (await store.claim())!);
    await kysely.updateTable("data_pipeline_tasks").set(change).where("task_id", "=", "old_a").execute();
    assert.deepEqual([...await plan.select!(kysely, plan.task_ids)], ["old_b"], order.action);
  }
});
