import assert from "node:assert/strict";
import { boot, exists, type Harness, V0 } from "../../../_harness.ts";
import { assertLike, register } from "../../../_support/scenarios.ts";

const LOST = { success: false, code: 503, message: "training_data不可用" };

/** Every way to delete is refused, and no record is touched. */
async function assertRefused(harness: Harness): Promise<void> {
  const before = (await harness.call("GET", `${V0}/tasks`)).body;
  const attempts: [path: string, body: Record<string, unknown>][] = [
    [`${V0}/tasks`, { task_ids: ["a"], confirm: true }],
    [`${V0}/tasks`, { task_ids: ["a"], confirm: true, force: true, delete_database_records: true }],
    [`${V0}/tasks`, { task_ids: ["a"], confirm: true, async: true }],
    [`${V0}/tasks`, { task_ids: ["a"], dry_run: true }],
    [`${V0}/tasks/a`, { confirm: true }],
    [`${V0}/tasks/a`, { confirm: true, async: true }],
    [`${V0}/tasks/a`, { dry_run: true }],
  ];
  for (const [path, body] of attempts) {
    const answer = await harness.call("DELETE", path, body);
    assert.equal(answer.status, 503, JSON.stringify(answer.body));
    assertLike(answer.body, LOST);
    assert.ok(!JSON.stringify(answer.body).includes(harness.folder));
  }
  assert.deepEqual((await harness.call("GET", `${V0}/tasks`)).body, before);
  assert.equal((await harness.call("GET", `${V0}/deletions`)).body.data.total, 0);
  assert.ok(before.data.tasks.every((task: { directory_exists: boolean }) => task.directory_exists));
}

Deno.test("DELETE answers 503 and marks nothing while training_data is missing", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  harness.fill("a", { "file": "x" });
  const aside = `${harness.folder}/aside`;
  Deno.renameSync(harness.trainingData, aside);
  await assertRefused(harness);
  await harness.restart();
  await assertRefused(harness);
  assert.equal(exists(harness.trainingData), false);
  Deno.renameSync(aside, harness.trainingData);
  await harness.restart();
  const { body } = await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["a"], confirm: true });
  assertLike(body, { message: "任务目录删除成功", data: { deleted_tasks: [{ directory_deleted: true }] } });
});

Deno.test("DELETE answers 503 and marks nothing while training_data is empty and records say otherwise", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  harness.fill("a", { "file": "x" });
  const aside = `${harness.folder}/aside`;
  Deno.renameSync(harness.trainingData, aside);
  Deno.mkdirSync(harness.trainingData);
  await assertRefused(harness);
  await harness.restart();
  await assertRefused(harness);
  Deno.removeSync(harness.trainingData, { recursive: true });
  Deno.renameSync(aside, harness.trainingData);
  await harness.restart();
  const { body } = await harness.call("DELETE", `${V0}/tasks/b`, { confirm: true });
  assertLike(body, { message: "任务目录删除成功", data: { directory_deleted: true } });
});

Deno.test("DELETE works in a training_data that its own deletions have emptied", async () => {
  await using harness = await boot();
  await register(harness, "a");
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  await harness.restart();
  await register(harness, "b");
  const { status } = await harness.call("DELETE", `${V0}/tasks/b`, { confirm: true });
  assert.equal(status, 200);
});

Deno.test("DELETE works again once told to accept training_data as it is", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  for (const id of ["a", "b"]) Deno.removeSync(`${harness.trainingData}/${id}`);
  await harness.restart();
  assert.equal((await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true })).status, 503);
  await harness.restart({ accept_training_data: true });
  const { status, body } = await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  assert.equal(status, 200);
  assert.equal(body.message, "任务目录不存在，无需删除");
});
