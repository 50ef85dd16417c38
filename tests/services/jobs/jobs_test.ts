import assert from "node:assert/strict";
import { Events } from "../../../services/events.ts";
import { Jobs } from "../../../services/jobs/jobs.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { openTemporary } from "../../_support/database.ts";

const ACTOR = { who: "w", request_id: "r" };
const OPTIONS = { delete_database_records: true, force: false, continue_on_error: true };
const NOON = Date.UTC(2026, 0, 10, 12);

async function open() {
  const faults = new CommitFaults();
  const temporary = await openTemporary({ commitFault: faults.seam });
  const events = new Events();
  const told: string[] = [];
  events.on("job.scheduled", ({ job_id }) => told.push(`scheduled ${job_id}`));
  events.on("job.cancelled", ({ job_id }) => told.push(`cancelled ${job_id}`));
  const jobs = new Jobs({ database: temporary.database, events, clock: () => NOON });
  return {
    faults,
    told,
    jobs,
    rows: () => temporary.database.kysely.selectFrom("jobs").selectAll().execute(),
    set: (changes: { status: "running" | "completed"; updated_at: number }) =>
      temporary.database.kysely.updateTable("jobs").set(changes).execute(),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

Deno.test("Jobs.deleteTasks schedules for now, for any project, and tells the runner", async () => {
  await using store = await open();
  const job = await store.jobs.deleteTasks(["a", "b"], OPTIONS, ACTOR);
  assert.deepEqual([job.status, job.start_at, job.reference_id, job.project_id], [
    "scheduled",
    NOON,
    "2 tasks",
    1,
  ]);
  assert.deepEqual(JSON.parse(job.params), { task_ids: ["a", "b"], options: OPTIONS, any_project: true });
  assert.deepEqual(store.told, ["scheduled 1"]);
  assert.deepEqual(await store.jobs.get(job.job_id), job);
});

Deno.test("Jobs.deleteUser schedules for the next midnight UTC, once for a user", async () => {
  await using store = await open();
  const job = await store.jobs.deleteUser(1, "alice", ACTOR);
  assert.deepEqual([job.action, job.reference_id, job.start_at], [
    "delete_user_data",
    "alice",
    Date.UTC(2026, 0, 11),
  ]);
  const before = await store.rows();
  await assert.rejects(store.jobs.deleteUser(1, "alice", ACTOR), { code: "user_deletion_pending" });
  assert.deepEqual(await store.rows(), before);
  assert.deepEqual(store.told, ["scheduled 1"]);
  await store.jobs.cancel(job.job_id, 1);
  assert.equal((await store.jobs.deleteUser(1, "alice", ACTOR)).job_id, 2);
});

Deno.test("Jobs.get knows no job of another project", async () => {
  await using store = await open();
  const { job_id } = await store.jobs.deleteTasks(["a"], OPTIONS, ACTOR);
  for (const [id, project] of [[job_id, 2], [job_id + 1, 1]] as const) {
    await assert.rejects(store.jobs.get(id, project), { code: "job_not_found" });
    await assert.rejects(store.jobs.cancel(id, project), { code: "job_not_found" });
  }
  assert.equal((await store.jobs.get(job_id)).status, "scheduled");
});

Deno.test("Jobs.cancel ends what is scheduled or running, tells the runner, and refuses what is over", async () => {
  await using store = await open();
  for (const status of ["scheduled", "running", "completed", "cancelled"] as const) {
    const { job_id } = await store.jobs.deleteTasks(["a"], OPTIONS, ACTOR);
    if (status === "running" || status === "completed") await store.set({ status, updated_at: 1 });
    if (status === "cancelled") await store.jobs.cancel(job_id, 1);
    store.told.length = 0;
    const before = await store.rows();
    if (status === "scheduled" || status === "running") {
      const job = await store.jobs.cancel(job_id, 1);
      assert.deepEqual([job.status, job.updated_at], ["cancelled", NOON]);
      assert.deepEqual(store.told, [`cancelled ${job_id}`]);
    } else {
      await assert.rejects(store.jobs.cancel(job_id, 1), {
        code: "job_not_cancellable",
        message: `Cannot cancel job in ${status} state`,
      });
      assert.deepEqual([await store.rows(), store.told], [before, []]);
    }
  }
});

Deno.test("Jobs tells the truth of a commit that reports an error", async () => {
  await using store = await open();
  store.faults.arm("lost");
  await assert.rejects(store.jobs.deleteTasks(["a"], OPTIONS, ACTOR), { code: "storage_failed" });
  assert.deepEqual([await store.rows(), store.told], [[], []]);
  store.faults.arm("stands");
  const { job_id } = await store.jobs.deleteTasks(["a"], OPTIONS, ACTOR);
  store.faults.arm("stands");
  assert.equal((await store.jobs.cancel(job_id, 1)).status, "cancelled");
  assert.equal(store.faults.isArmed, false);
});
