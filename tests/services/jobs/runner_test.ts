/** Who runs a job: claims, leases, and what other processes write meanwhile. */
import assert from "node:assert/strict";
import { claimNextJob, isHeld, updateHeldJob } from "../../../db/queries/job_leases.ts";
import { insertJob } from "../../../db/queries/jobs.ts";
import { Events } from "../../../services/events.ts";
import { openTemporary } from "../../_support/database.ts";
import { withStore } from "../../_support/store.ts";
import { boot, exists, type Harness, until } from "../../_harness.ts";

const ORIGIN = { who: "test", request_id: "r" };
const HOUR = 3_600_000;

async function ended(server: Harness, jobId: number) {
  await until(
    async () => !["scheduled", "running"].includes((await server.app.jobs.get(jobId)).status),
    "the job ends",
  );
  return await server.app.jobs.get(jobId);
}

function jobRow(start_at: number) {
  return {
    project_id: 1,
    action: "delete_tasks" as const,
    reference_id: "t",
    description: "d",
    params: JSON.stringify({ task_ids: [], options: {} }),
    who: "w",
    request_id: "r",
    start_at,
    created_at: 0,
    directories_total: 0,
    token: crypto.randomUUID(),
  };
}

/** Tasks of 100 files each, which were made at `created_at`. */
async function fillTasks(server: Harness, ids: readonly string[], created_by = "u"): Promise<void> {
  for (const task_id of ids) {
    await server.app.tasks.register({ task_id, created_by });
    await server.app.tasks.report(task_id, { status: "completed" });
    server.fill(task_id, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, "x"])));
  }
}

function movedTimes(nth: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = new Events();
  let moved = 0;
  events.on("deletion.step", ({ step }) => {
    if (step === "moved" && ++moved === nth) resolve();
  });
  return { promise, events };
}

Deno.test("claimNextJob takes a due job, and one whose lease ran out, whose claim then holds no more", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const claim = (holder: string, now: number) => claimNextJob(kysely, holder, now, now + 30_000);
  const { job_id } = await insertJob(kysely, jobRow(1000));
  assert.equal(await claim("a", 999), undefined);
  const first = await claim("a", 1000);
  assert.deepEqual([first?.status, first?.holder, first?.epoch, first?.lease_expires_at], [
    "running",
    "a",
    1,
    31_000,
  ]);
  const old = { job_id, holder: "a", epoch: 1 };
  assert.equal(await claim("b", 30_999), undefined);
  assert.equal(await isHeld(kysely, old), true);
  assert.equal((await claim("b", 31_000))?.epoch, 2);
  assert.equal(await isHeld(kysely, old), false);
  assert.equal(await updateHeldJob(kysely, old, ["running"], { status: "completed", directories: 9 }), false);
  const row = await kysely.selectFrom("jobs").selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([row.status, row.holder, row.directories], ["running", "b", 0]);
});

Deno.test("Runner goes on with a job that its volume's former server held, and leaves those of other volumes", async () => {
  await using server = await boot();
  const { volumeId } = server.app.availability.use();
  await server.app.stop();
  const far = Date.now() + HOUR;
  const insert = (holder: string) =>
    withStore(server, (store) => {
      const row = { ...jobRow(0), status: "running", holder, epoch: 1, lease_expires_at: far, updated_at: 1 };
      const columns = Object.keys(row);
      store.prepare(`INSERT INTO jobs (${columns}) VALUES (${columns.map(() => "?")})`).run(
        ...Object.values(row),
      );
    });
  insert("elsewhere/1");
  insert(`${volumeId}/1`);
  await server.restart();
  assert.equal((await ended(server, 2)).status, "completed");
  const { status, holder, epoch, lease_expires_at } = await server.app.jobs.get(1);
  assert.deepEqual([status, holder, epoch, lease_expires_at], ["running", "elsewhere/1", 1, far]);
});

for (const action of ["cleanup", "delete_user_data"] as const) {
  Deno.test(`Runner goes on after a stop with what a ${action} chose at its start, days later, too`, async () => {
    let now = Date.UTC(2026, 0, 1);
    const { promise: reached, events } = movedTimes(3);
    await using server = await boot({ seams: { clock: () => now, events } });
    const old = Array.from({ length: 60 }, (_, i) => `old_${String(i).padStart(2, "0")}`);
    await fillTasks(server, old);
    now += 2 * HOUR;
    await fillTasks(server, ["new_before"], "u2");
    const params = { older_than_ms: HOUR, status: ["completed" as const], keep_last: 0 };
    const job = await server.app.jobs.schedule(
      action === "cleanup"
        ? {
          project_id: 1,
          action,
          reference_id: "1h",
          params: { ...params, delete_database_records: false },
        }
        : { project_id: 1, action, reference_id: "u", params: {} },
      ORIGIN,
    );
    await reached;
    // The runner stops between two directories; then days go by.
    await server.app.stop();
    const left = old.filter((id) => exists(`${server.trainingData}/${id}`));
    assert.ok(left.length > 0 && left.length < old.length, `${left.length} left`);
    const before = withStore(server, (store) => {
      // A user's task that is made while the job rests.
      store.exec(`
        INSERT INTO data_pipeline_tasks (task_id, task_type, status, created_by, created_at, completed_at, directory_exists)
        VALUES ('new_after', 'data_workflow', 'completed', 'u', ${now}, ${now}, 1)`);
      return store.prepare("SELECT status, holder, epoch, selected_at FROM jobs").get()!;
    });
    server.fill("new_after", { "a.txt": "precious" });
    assert.deepEqual([before.status, before.epoch, before.selected_at], ["running", 1, now]);
    now += 10 * 24 * HOUR;
    await server.restart();
    const end = await ended(server, job.job_id);
    assert.deepEqual([end.status, end.errors, end.directories, end.directories_total], [
      "completed",
      null,
      old.length,
      old.length,
    ]);
    assert.equal(end.epoch, 2);
    assert.notEqual(end.holder, before.holder);
    for (const id of old) assert.ok(!exists(`${server.trainingData}/${id}`), id);
    for (const file of ["new_before/f0", "new_after/a.txt"]) {
      assert.ok(exists(`${server.trainingData}/${file}`), file);
    }
  });
}

/** Runs a job on 200 directories and lets somebody else write to the database once the third is moved. */
async function disturb(sql: string) {
  const { promise: reached, events } = movedTimes(3);
  const server = await boot({ seams: { events } });
  const ids = Array.from({ length: 200 }, (_, i) => `t_${String(i).padStart(3, "0")}`);
  for (const id of ids) server.fill(id, { "a.txt": "1", "b.txt": "2" });
  const options = { delete_database_records: false, force: false, continue_on_error: true };
  const job = await server.app.jobs.deleteTasks(ids, options, ORIGIN);
  await reached;
  withStore(server, (store) => store.exec(sql));
  // What was begun by then ends; a second job shows that the runner went on to the next.
  server.fill("last", { "a.txt": "1" });
  const next = await server.app.jobs.deleteTasks(["last"], options, ORIGIN);
  assert.equal((await ended(server, next.job_id)).status, "completed");
  return { server, job_id: job.job_id, left: ids.filter((id) => exists(`${server.trainingData}/${id}`)) };
}

Deno.test("Runner stops a job between two directories when another process cancelled it", async () => {
  const { server, job_id, left } = await disturb("UPDATE jobs SET status = 'cancelled'");
  await using _server = server;
  assert.ok(left.length > 0 && left.length < 200, `${left.length} left`);
  for (const id of left) assert.ok(exists(`${server.trainingData}/${id}/b.txt`), id);
  const job = await server.app.jobs.get(job_id);
  assert.deepEqual([job.status, job.directories], ["cancelled", 200 - left.length]);
});

Deno.test("Runner writes nothing more of a job that another one claimed", async () => {
  const far = Date.now() + HOUR;
  const { server, job_id, left } = await disturb(`
    UPDATE jobs SET holder = 'other', epoch = epoch + 1, lease_expires_at = ${far}, directories = 77`);
  await using _server = server;
  assert.ok(left.length > 0 && left.length < 200, `${left.length} left`);
  const job = await server.app.jobs.get(job_id);
  assert.deepEqual([job.status, job.holder, job.epoch, job.directories], ["running", "other", 2, 77]);
});

Deno.test("Runner finds a job that another process scheduled", async () => {
  await using server = await boot();
  server.fill("t1", { "a.txt": "1" });
  const options = { delete_database_records: false, force: false, continue_on_error: true };
  // A first one, so that the runner is known to have looked already.
  await ended(server, (await server.app.jobs.deleteTasks(["gone"], options, ORIGIN)).job_id);
  const row = {
    ...jobRow(0),
    params: JSON.stringify({ task_ids: ["t1"], options, any_project: true }),
    status: "scheduled",
  };
  const columns = Object.keys(row);
  withStore(server, (store) => {
    store.prepare(`INSERT INTO jobs (${columns}) VALUES (${columns.map(() => "?")})`)
      .run(...Object.values(row));
  });
  const job = await ended(server, 2);
  assert.equal(job.status, "completed");
  assert.ok(!exists(`${server.trainingData}/t1`));
});
