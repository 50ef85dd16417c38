import assert from "node:assert/strict";
import { type Answer, boot, exists, type Harness, listTree, until, V0 } from "../../../_harness.ts";
import { canLock, lockDirectory } from "../../../_support/locked.ts";
import { assertLike, detailOf, register, standingClock } from "../../../_support/scenarios.ts";
import { acceptInStore, refuseInStore } from "../../../_support/store.ts";

function remove(harness: Harness, task_ids: string[], options: Record<string, unknown> = {}) {
  return harness.call("DELETE", `${V0}/tasks`, { task_ids, confirm: true, ...options });
}

function trashed(harness: Harness): string[] {
  return listTree(harness.trainingData).filter((name) => /^\.pipekeep-trash\/./.test(name));
}

Deno.test("DELETE /tasks stops at the first failure when continue_on_error is false", async (t) => {
  await using harness = await boot();
  await register(harness, "runs");
  await harness.call("PATCH", `${V0}/tasks/runs`, { status: "running" });
  const cases: [name: string, ids: string[], deleted: string[], failed: string[], skipped: string[]][] = [
    ["the first fails", ["gone", "a", "b"], [], ["gone"], ["a", "b"]],
    ["one in the middle fails", ["a", "runs", "b", "gone"], ["a"], ["runs"], ["b", "gone"]],
    ["the last fails", ["a", "b", "gone"], ["a", "b"], ["gone"], []],
    ["what is no id fails", ["a", "../x", "b"], ["a"], ["../x"], ["b"]],
    ["a record without directory comes after it", ["gone", "bare", "a"], [], ["gone"], ["bare", "a"]],
    ["none fails", ["a", "b"], ["a", "b"], [], []],
  ];
  for (const [name, ids, deleted, failed, skipped] of cases) {
    await t.step(name, async () => {
      for (const id of ["a", "b"]) {
        await harness.call("POST", `${V0}/tasks`, { task_id: id });
        harness.fill(id, { "file": "xx" });
      }
      await harness.call("POST", `${V0}/tasks`, { task_id: "bare" });
      if (exists(`${harness.trainingData}/bare`)) Deno.removeSync(`${harness.trainingData}/bare`);
      const options = { continue_on_error: false, delete_database_records: true };
      const planned = await remove(harness, ids, { ...options, dry_run: true });
      const { body } = await remove(harness, ids, options);
      for (const data of [planned.body.data, body.data]) {
        assertLike(data, {
          deleted_tasks: deleted.map((task_id) => ({ task_id })),
          failed_tasks: failed.map((task_id) => ({ task_id })),
          skipped_tasks: skipped,
          summary: {
            total_requested: ids.length,
            successfully_deleted: deleted.length,
            failed: failed.length,
            skipped: skipped.length,
            total_size_freed_bytes: 2 * deleted.length,
          },
        });
      }
      for (const id of skipped.filter((id) => id.length === 1)) {
        assert.equal(Deno.readTextFileSync(`${harness.trainingData}/${id}/file`), "xx");
        assert.equal((await detailOf(harness, id)).directory_exists, true);
      }
      if (skipped.includes("bare")) assert.equal((await detailOf(harness, "bare")).directory_exists, true);
      assert.deepEqual(trashed(harness), []);
    });
  }
});

Deno.test({
  name: "DELETE /tasks attempts nothing behind a directory that the file system refuses",
  ignore: !canLock(),
  async fn() {
    await using harness = await boot();
    await register(harness, "first", "locked", "third", "bare");
    for (const id of ["first", "locked", "third"]) harness.fill(id, { "file": "x" });
    Deno.removeSync(`${harness.trainingData}/bare`);
    using _lock = lockDirectory(`${harness.trainingData}/locked`);
    const { body } = await remove(harness, ["first", "locked", "third", "bare"], {
      continue_on_error: false,
      delete_database_records: true,
    });
    assert.equal((await detailOf(harness, "third")).directory_exists, true);
    assert.ok(exists(`${harness.trainingData}/third/file`));
    assertLike(body.data, {
      deleted_tasks: [{ task_id: "first" }],
      failed_tasks: [{ task_id: "locked", error_code: "PERMISSION_DENIED" }],
      skipped_tasks: ["third", "bare"],
    });
    assert.equal((await detailOf(harness, "bare")).status, "pending");
  },
});

Deno.test("DELETE /tasks keeps the order and the stop in a batch of hundreds", async () => {
  await using harness = await boot();
  const ids = Array.from({ length: 450 }, (_, i) => `t${String(i).padStart(3, "0")}`);
  for (const id of ids) harness.fill(id, {});
  for (const id of ids) if (id !== "t250") Deno.mkdirSync(`${harness.trainingData}/${id}`);
  const { body } = await remove(harness, ids, { continue_on_error: false });
  assert.equal(body.message, "批量删除部分完成");
  const idOf = (task: { task_id: string }) => task.task_id;
  assert.deepEqual(body.data.deleted_tasks.map(idOf), ids.slice(0, 250));
  assert.deepEqual(body.data.failed_tasks.map(idOf), ["t250"]);
  assert.deepEqual(body.data.skipped_tasks, ids.slice(251));
  assert.deepEqual(ids.filter((id) => exists(`${harness.trainingData}/${id}`)), ids.slice(251));
});

Deno.test("DELETE /tasks with dry_run answers the real numbers and changes nothing", async (t) => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "full", "empty", "bare", "runs");
  harness.fill("full", { "a": "123", "sub/b": "4567" });
  harness.fill("stray", { "c": "89" });
  Deno.removeSync(`${harness.trainingData}/bare`);
  await harness.call("PATCH", `${V0}/tasks/runs`, { status: "running" });
  const task_ids = ["full", "empty", "gone", "bare", "runs", "stray", "../x"];
  const before = await harness.snapshot();
  const plans: Answer["body"][] = [];
  for (const more of [{ confirm: undefined }, { confirm: false }, { confirm: true }]) {
    await t.step(`confirm: ${more.confirm}`, async () => {
      const plan = await remove(harness, task_ids, { dry_run: true, ...more });
      assert.equal(plan.status, 200);
      assert.equal(plan.body.data.dry_run, true);
      assert.deepEqual(await harness.snapshot(), before);
      plans.push(plan.body);
    });
  }
  const plan = plans[0]!;
  const { body: real } = await remove(harness, task_ids);
  assert.equal(real.data.dry_run, undefined);
  assert.equal(plan.message, real.message);
  assert.deepEqual(plan.data.summary, real.data.summary);
  assert.deepEqual(plan.data.failed_tasks, real.data.failed_tasks);
  const leftAlone = (task: Record<string, unknown>) => ({ ...task, directory_deleted: false });
  assert.deepEqual(plan.data.deleted_tasks, real.data.deleted_tasks.map(leftAlone));
});

Deno.test("DELETE /tasks with dry_run promises what retention will do with the bytes", async () => {
  await using harness = await boot({ config: { trash_retention_ms: 3_600_000 } });
  await register(harness, "kept_a_while");
  harness.fill("kept_a_while", { "file": "12345" });
  const { body: plan } = await remove(harness, ["kept_a_while"], { dry_run: true });
  const { body: real } = await remove(harness, ["kept_a_while"]);
  assert.deepEqual(plan.data.summary, real.data.summary);
});

Deno.test("DELETE /tasks keeps the bytes in the trash for as long as retention says", async () => {
  const clock = standingClock();
  const hour = 3_600_000;
  await using harness = await boot({ config: { trash_retention_ms: hour }, seams: { clock: clock.read } });
  await register(harness, "a", "b", "bare");
  harness.fill("a", { "file": "12345", "sub/file": "123" });
  harness.fill("b", { "file": "1".repeat(1016) });
  Deno.removeSync(`${harness.trainingData}/bare`);
  const { body } = await remove(harness, ["a", "b", "bare"]);
  assertLike(body, {
    message: "批量删除完成",
    data: {
      deleted_tasks: [
        { task_id: "a", directory_deleted: true, deleted_size_bytes: 8 },
        { task_id: "b", directory_deleted: true, deleted_size_bytes: 1016 },
        { task_id: "bare", directory_deleted: false },
      ],
      summary: {
        total_size_freed: "0 B",
        total_size_freed_bytes: 0,
        total_size_in_trash: "1.0 KB",
        total_size_in_trash_bytes: 1024,
      },
    },
  });
  assert.equal(exists(`${harness.trainingData}/a`), false);
  assert.equal((await detailOf(harness, "a")).directory_exists, false);
  const waiting = trashed(harness);
  assert.equal(waiting.filter((name) => name.endsWith("file 5") || name.endsWith("file 1016")).length, 2);
  clock.now += hour - 1;
  await harness.restart();
  await harness.call("GET", `${V0}/tasks`);
  assert.deepEqual(trashed(harness), waiting);
  clock.now += 1;
  await harness.restart();
  await until(() => trashed(harness).length === 0, "the trash is purged once retention has ended");
});

Deno.test("DELETE /tasks deletes a directory made anew while the old one waits in the trash", async () => {
  await using harness = await boot({ config: { trash_retention_ms: 3_600_000 } });
  harness.fill("again", { "old": "1" });
  await remove(harness, ["again"]);
  harness.fill("again", { "new": "22" });
  const { body } = await remove(harness, ["again"]);
  assertLike(body.data.deleted_tasks, [{ directory_deleted: true, deleted_size_bytes: 2 }]);
  assert.deepEqual(trashed(harness).filter((name) => /(old|new) \d$/.test(name)).length, 2);
});

Deno.test("DELETE /tasks answers 500 and leaves directory and record when the database refuses", async (t) => {
  await using harness = await boot();
  await register(harness, "kept");
  harness.fill("kept", { "file": "x" });
  const points: [name: string, event: string][] = [
    ["the claim", "BEFORE INSERT ON deletions"],
    ["the mark on the record", "BEFORE UPDATE OF directory_exists ON data_pipeline_tasks"],
    ["the log entry", "BEFORE UPDATE OF trashed_at ON deletions"],
  ];
  for (const [name, event] of points) {
    await t.step(name, async () => {
      const before = await detailOf(harness, "kept");
      refuseInStore(harness, event);
      const { status, body } = await remove(harness, ["kept"]);
      acceptInStore(harness);
      assert.equal(status, 500);
      assert.doesNotMatch(
        JSON.stringify(body),
        /secret_refusal|UPDATE|INSERT|deletions|\/tmp|training_data\//i,
      );
      assert.equal(Deno.readTextFileSync(`${harness.trainingData}/kept/file`), "x");
      assert.deepEqual(trashed(harness), []);
      assert.deepEqual(await detailOf(harness, "kept"), before);
      assertLike(body, { success: false, code: 500, message: "删除任务失败，请稍后重试" });
    });
  }
  await t.step("a refused deletion is over: the task may run again", async () => {
    const { status, body } = await harness.call("PATCH", `${V0}/tasks/kept`, { status: "running" });
    assert.equal(status, 200, JSON.stringify(body));
  });
  await t.step("the next attempt deletes it", async () => {
    const { body } = await remove(harness, ["kept"], { force: true });
    assert.equal(body.message, "任务目录删除成功");
    assert.equal(exists(`${harness.trainingData}/kept`), false);
  });
});

Deno.test("DELETE /tasks leaves nothing unattempted when the database refuses in the middle of a long list", async () => {
  await using harness = await boot();
  const ids = Array.from({ length: 700 }, (_, i) => `t${String(i).padStart(3, "0")}`);
  for (const id of ids) harness.fill(id, { "file": "x" });
  refuseInStore(harness, "BEFORE INSERT ON deletions WHEN NEW.task_id = 't250'");
  const { status, body } = await remove(harness, ids);
  acceptInStore(harness);
  const left = ids.filter((id) => exists(`${harness.trainingData}/${id}`));
  assert.ok(left.includes("t250"));
  if (status === 200) {
    const { deleted_tasks, failed_tasks, skipped_tasks } = body.data;
    const idOf = (task: { task_id: string }) => task.task_id;
    assert.deepEqual(deleted_tasks.map(idOf), ids.filter((id) => !left.includes(id)));
    assert.deepEqual(skipped_tasks, [], "continue_on_error is true");
    assert.deepEqual(failed_tasks.map(idOf), left);
  } else {
    assert.equal(status, 500);
  }
});
