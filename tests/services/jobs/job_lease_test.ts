import assert from "node:assert/strict";
import { claimNextJob } from "../../../db/queries/job_leases.ts";
import { findJob, insertJob, moveJob } from "../../../db/queries/jobs.ts";
import { JobLease } from "../../../services/jobs/job_lease.ts";
import { openTemporary } from "../../_support/database.ts";
import { until } from "../../_harness.ts";

const PROGRESS = { directories: 1, directories_total: 3, files: 2, bytes: 5 };

async function open({ claimedAt = performance.now() } = {}) {
  const temporary = await openTemporary();
  const { database } = temporary;
  const { kysely } = database;
  const clock = { now: 1000 };
  const { job_id } = await insertJob(kysely, {
    project_id: 1,
    action: "delete_tasks",
    reference_id: "x",
    description: "d",
    params: "{}",
    who: "w",
    request_id: "r",
    start_at: 0,
    created_at: 0,
    directories_total: 3,
    token: "t",
  });
  const { epoch } = (await claimNextJob(kysely, "holder", 1000, 31_000))!;
  const claim = { job_id, holder: "holder", epoch };
  const lease = new JobLease({ database, claim, claimedAt, clock: () => clock.now });
  return {
    kysely,
    clock,
    lease,
    job: async () => (await findJob(kysely, job_id))!,
    cancel: () => moveJob(kysely, job_id, ["running"], { status: "cancelled", updated_at: 1 }),
    /** Another runner claims it, as after the lease. */
    lose: () => claimNextJob(kysely, "another", 31_000, 61_000),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

Deno.test("JobLease holds until somebody cancels the job or claims it", async () => {
  for (const end of ["cancel", "lose"] as const) {
    await using store = await open();
    assert.equal(await store.lease.holds(store.kysely), true);
    await store[end]();
    assert.equal(await store.lease.holds(store.kysely), false, end);
    assert.ok(store.lease.signal.aborted, end);
  }
});

Deno.test("JobLease goes by the monotonic clock: it is over half a minute after the claim, whatever the clock says", async () => {
  await using late = await open({ claimedAt: performance.now() - 30_000 });
  late.clock.now = 0;
  assert.equal(await late.lease.holds(late.kysely), false);
  await using early = await open({ claimedAt: performance.now() - 28_000 });
  assert.equal(await early.lease.holds(early.kysely), true);
});

Deno.test("JobLease saves how far the job got, for a cancelled one too, and nothing for one that was lost", async () => {
  await using store = await open();
  await store.lease.save(PROGRESS);
  const { directories, files, bytes, updated_at } = await store.job();
  assert.deepEqual([directories, files, bytes, updated_at], [1, 2, 5, 1000]);
  await store.cancel();
  await store.lease.save({ ...PROGRESS, directories: 2 });
  assert.deepEqual([(await store.job()).directories, (await store.job()).status], [2, "cancelled"]);

  await using lost = await open();
  await lost.lose();
  const before = await lost.job();
  await lost.lease.save(PROGRESS);
  assert.equal(await lost.lease.end("completed", null), false);
  assert.deepEqual(await lost.job(), before);
  assert.ok(lost.lease.signal.aborted);
});

Deno.test("JobLease ends the job as its holder, once", async () => {
  await using store = await open();
  assert.equal(await store.lease.end("failed", "a: task_running"), true);
  const { status, errors, lease_expires_at } = await store.job();
  assert.deepEqual([status, errors, lease_expires_at], ["failed", "a: task_running", null]);
  assert.equal(await store.lease.end("completed", null), false);
});

Deno.test("JobLease extends the lease while it runs, and revokes itself when it cannot", async () => {
  await using store = await open();
  store.clock.now = 5000;
  store.lease.start();
  await until(async () => (await store.job()).lease_expires_at === 35_000, "it is extended");
  await store.lease.stop();
  await store.cancel();
  store.lease.start();
  await until(() => store.lease.signal.aborted, "it is revoked");
  await store.lease.stop();
});
