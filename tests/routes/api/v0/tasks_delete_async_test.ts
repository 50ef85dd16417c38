import assert from "node:assert/strict";
import { type Answer, boot, exists, type Harness, until, V0 } from "../../../_harness.ts";
import {
  assertLike,
  assertRefusals,
  detailOf,
  register,
  type Scenario,
} from "../../../_support/scenarios.ts";

function remove(
  harness: Harness,
  task_ids: string[],
  options: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) {
  return harness.call("DELETE", `${V0}/tasks`, { task_ids, confirm: true, ...options }, headers);
}

/** Polls `status_url` until the job has ended. */
async function ended(harness: Harness, accepted: Answer): Promise<Record<string, unknown>> {
  let job: Record<string, unknown> = {};
  await until(async () => {
    const { status, body } = await harness.call("GET", accepted.body.data.status_url);
    assert.equal(status, 200);
    job = body.data;
    return !["scheduled", "running"].includes(job.status as string);
  }, "the job ends");
  return job;
}

Deno.test("DELETE /tasks with async answers 202 with a job, which then does the work", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  harness.fill("a", { "file": "12345", "sub/file": "123" });
  harness.fill("stray", { "file": "1" });
  const accepted = await remove(harness, ["a", "b", "stray", "a"], { async: true });
  assert.equal(accepted.status, 202);
  assertLike(accepted.body, { success: true, code: 202, message: /./ });
  assert.deepEqual(Object.keys(accepted.body.data).sort(), ["job_id", "status_url"]);
  const job = await ended(harness, accepted);
  assertLike(job, {
    jobId: accepted.body.data.job_id,
    status: "completed",
    action: "delete_tasks",
    errors: null,
    progress: { directories: 3, directoriesTotal: 3, files: 3, bytes: 9 },
  });
  for (const id of ["a", "b", "stray"]) assert.equal(exists(`${harness.trainingData}/${id}`), false);
  assert.equal((await detailOf(harness, "a")).directory_exists, false);
  const log = await harness.call("GET", `${V0}/deletions?job_id=${accepted.body.data.job_id}`);
  assert.equal(log.body.data.total, 3);
});

Deno.test("DELETE /tasks with Prefer: respond-async does the same", async (t) => {
  await using harness = await boot();
  for (
    const prefer of ["respond-async", "Respond-Async", "wait=10, respond-async", "respond-async, wait=10"]
  ) {
    await t.step(prefer, async () => {
      await register(harness, "a");
      const accepted = await remove(harness, ["a"], { delete_database_records: true }, { prefer });
      assert.equal(accepted.status, 202);
      assert.equal((await ended(harness, accepted)).status, "completed");
      assert.equal((await harness.call("GET", `${V0}/tasks/a`)).status, 404);
    });
  }
  await t.step("another preference does not", async () => {
    await register(harness, "a");
    const answer = await remove(harness, ["a"], { delete_database_records: true }, {
      prefer: "return=minimal",
    });
    assert.equal(answer.status, 200);
  });
});

Deno.test("DELETE /tasks with async says in the job what could not be deleted", async () => {
  await using harness = await boot();
  await register(harness, "a", "runs");
  await harness.call("PATCH", `${V0}/tasks/runs`, { status: "running" });
  const job = await ended(harness, await remove(harness, ["gone", "runs", "../x", "a"], { async: true }));
  assertLike(job, { status: "failed", errors: /./, progress: { directories: 4, directoriesTotal: 4 } });
  for (const id of ["gone", "runs", "../x"]) assert.ok((job.errors as string).includes(id), id);
  assert.equal(exists(`${harness.trainingData}/a`), false);
  assert.equal(exists(`${harness.trainingData}/runs`), true);
});

Deno.test("DELETE /tasks with async and without continue_on_error stops at the first failure", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  const accepted = await remove(harness, ["a", "gone", "b"], { async: true, continue_on_error: false });
  assertLike(await ended(harness, accepted), { status: "failed", errors: /gone/ });
  assert.equal(exists(`${harness.trainingData}/a`), false);
  assert.equal(exists(`${harness.trainingData}/b`), true);
  assert.equal((await detailOf(harness, "b")).directory_exists, true);
});

Deno.test("DELETE /tasks with async refuses at once what it would refuse anyway", async (t) => {
  await using harness = await boot();
  await register(harness, "kept");
  const rows: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ["no confirm", { task_ids: ["kept"] }, { missing_params: ["confirm"] }],
    ["confirm false", { task_ids: ["kept"], confirm: false }, { invalid_params: ["confirm"] }],
    ["no ids", { task_ids: [], confirm: true }, { message: "task_ids必须是非空的任务ID列表" }],
    ["unknown field", { task_ids: ["kept"], confirm: true, dryrun: true }, { invalid_params: ["dryrun"] }],
  ];
  const common = { method: "DELETE", path: `${V0}/tasks`, status: 400 };
  await assertRefusals(t, harness, [
    ...rows.map(([name, body, answer]): Scenario => ({
      ...common,
      name: `async: ${name}`,
      body: { ...body, async: true },
      answer,
    })),
    ...rows.map(([name, body, answer]): Scenario => ({
      ...common,
      name: `Prefer: ${name}`,
      body,
      answer,
      headers: { prefer: "respond-async" },
    })),
  ]);
  await t.step("a dry run deletes nothing, asynchronous or not", async () => {
    const before = await harness.snapshot();
    const answer = await remove(harness, ["kept"], { async: true, dry_run: true });
    if (answer.status === 202) await ended(harness, answer);
    assert.deepEqual(await harness.snapshot(), before);
  });
});

Deno.test("GET /jobs/{job_id} answers 404 for an unknown job and 400 for no integer", async () => {
  await using harness = await boot();
  for (
    const [id, status] of [["1", 404], ["999999", 404], ["x", 400], ["1.5", 400], ["-1", 400], ["1e3", 400]]
  ) {
    const answer = await harness.call("GET", `${V0}/jobs/${id}`);
    assert.equal(answer.status, status, String(id));
    assertLike(answer.body, { success: false, code: status });
  }
});

Deno.test("DELETE /tasks twenty times at once deletes a task once", async (t) => {
  await using harness = await boot();
  for (const withRecord of [true, false]) {
    await t.step(withRecord ? "with a record" : "without a record", async () => {
      const id = withRecord ? "recorded" : "stray";
      if (withRecord) await register(harness, id);
      harness.fill(id, Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`d${i}/file`, "x"])));
      const answers = await Promise.all(Array.from({ length: 20 }, () => remove(harness, [id])));
      assert.ok(answers.every(({ status }) => status === 200));
      const deleted = answers.flatMap(({ body }) => body.data.deleted_tasks);
      const failed = answers.flatMap(({ body }) => body.data.failed_tasks);
      const removed = deleted.filter((task) => task.directory_deleted);
      assert.equal(removed.length, 1);
      assertLike(removed[0], { deleted_files_count: 50, deleted_size_bytes: 50 });
      for (const task of deleted.filter((task) => !task.directory_deleted)) {
        assert.ok(withRecord);
        assert.equal(task.deleted_files_count, 0);
      }
      for (const { error_code } of failed) {
        assert.ok(
          error_code === "DELETE_IN_PROGRESS" || (!withRecord && error_code === "DELETE_FAILED"),
          error_code,
        );
      }
      assert.equal(exists(`${harness.trainingData}/${id}`), false);
      const log = await harness.call("GET", `${V0}/deletions?task_id=${id}&limit=100`);
      const rows = log.body.data.deletions as { directory_deleted: boolean }[];
      assert.equal(rows.filter((row) => row.directory_deleted).length, 1);
    });
  }
});

Deno.test("DELETE /tasks of overlapping lists at once deletes each task once", async () => {
  await using harness = await boot();
  const ids = Array.from({ length: 30 }, (_, i) => `t${i}`);
  for (const id of ids) harness.fill(id, { "file": "x" });
  const lists = [ids, ids.toReversed(), ids.filter((_, i) => i % 2 === 0), ids.slice(10)];
  const answers = await Promise.all(lists.map((list) => remove(harness, list)));
  const deleted = answers.flatMap(({ body }) =>
    body.data.deleted_tasks.map((t: { task_id: string }) => t.task_id)
  );
  assert.deepEqual(deleted.sort(), ids.toSorted());
  const freed = answers.reduce((sum, { body }) => sum + body.data.summary.total_size_freed_bytes, 0);
  assert.equal(freed, 30);
});

Deno.test("DELETE /tasks and /tasks/{task_id} of one task at once delete it once", async () => {
  await using harness = await boot();
  harness.fill("stray", { "file": "x" });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => harness.call("DELETE", `${V0}/tasks/stray`, { confirm: true })),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses.filter((status) => status === 200).length, 1);
  assert.ok(statuses.every((status) => [200, 404, 409].includes(status)), statuses.join());
});
