import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../../../_harness.ts";
import { beginDeletion } from "../../../_support/store.ts";
import { canLock, lockDirectory } from "../../../_support/locked.ts";
import { assertLike, detailOf, register, standingClock, stateOf } from "../../../_support/scenarios.ts";

function remove(harness: Harness, task_ids: string[], options: Record<string, unknown> = {}) {
  return harness.call("DELETE", `${V0}/tasks`, { task_ids, confirm: true, ...options });
}

Deno.test("DELETE /tasks answers one deleted task with exactly the fields of the contract", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "task_20250702_223802");
  harness.fill("task_20250702_223802", { "a.txt": "12345", "ddl/b.ddl": "123" });
  const answer = await remove(harness, ["task_20250702_223802"]);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, {
    success: true,
    code: 200,
    message: "任务目录删除成功",
    data: {
      deleted_at: "2025-07-02T22:57:21.317000",
      deleted_tasks: [{
        success: true,
        task_id: "task_20250702_223802",
        directory_deleted: true,
        database_records_deleted: false,
        deleted_files_count: 2,
        deleted_size: "8 B",
        deleted_size_bytes: 8,
        deleted_at: "2025-07-02T22:57:21.317000",
      }],
      failed_tasks: [],
      skipped_tasks: [],
      summary: {
        total_requested: 1,
        successfully_deleted: 1,
        failed: 0,
        skipped: 0,
        total_size_freed: "8 B",
        total_size_freed_bytes: 8,
      },
    },
  });
});

Deno.test("DELETE /tasks says by message and success how the whole of it went", async (t) => {
  await using harness = await boot();
  const cases: [name: string, here: string[], asked: string[], success: boolean, message: string][] = [
    ["one, deleted", ["a"], ["a"], true, "任务目录删除成功"],
    ["several, all deleted", ["a", "b", "c"], ["a", "b", "c"], true, "批量删除完成"],
    ["some failed", ["a"], ["a", "gone"], true, "批量删除部分完成"],
    ["some failed, the first of them", ["a"], ["gone", "a"], true, "批量删除部分完成"],
    ["one, failed", [], ["gone"], false, "批量删除失败"],
    ["several, all failed", [], ["gone", "gone2", "../x"], false, "批量删除失败"],
  ];
  for (const [name, here, asked, success, message] of cases) {
    await t.step(name, async () => {
      await register(harness, ...here);
      const { status, body } = await remove(harness, asked, { delete_database_records: true });
      assert.equal(status, 200);
      assertLike(body, { success, code: 200, message });
      const { summary, deleted_tasks, failed_tasks } = body.data;
      assertLike(summary, {
        total_requested: asked.length,
        successfully_deleted: here.length,
        failed: asked.length - here.length,
        skipped: 0,
      });
      assert.deepEqual([deleted_tasks.length, failed_tasks.length], [
        summary.successfully_deleted,
        summary.failed,
      ]);
    });
  }
});

Deno.test("DELETE /tasks processes and counts duplicate ids once", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  const { body } = await remove(harness, ["a", "b", "a", "gone", "a", "gone"]);
  assert.deepEqual(body.data.deleted_tasks.map((task: { task_id: string }) => task.task_id), ["a", "b"]);
  assert.deepEqual(body.data.failed_tasks, [
    { task_id: "gone", error: "任务目录不存在", error_code: "DELETE_FAILED" },
  ]);
  assert.equal(body.data.summary.total_requested, 3);
});

Deno.test("DELETE /tasks fails each task for the first reason of the table, and leaves it as it is", async (t) => {
  await using harness = await boot();
  const { trainingData } = harness;
  await register(
    harness,
    "running",
    "step_runs",
    "under_way",
    "runs_under_way",
    "runs_as_link",
    "record_of_link",
  );
  for (const id of ["running", "runs_under_way", "runs_as_link"]) {
    await harness.call("PATCH", `${V0}/tasks/${id}`, { status: "running" });
  }
  await harness.call("PATCH", `${V0}/tasks/step_runs/steps/qa_generation`, { step_status: "running" });
  await harness.call("PATCH", `${V0}/tasks/step_runs`, { status: "partial_completed" });
  harness.fill("under_way", { "file": "x" });
  harness.fill("no_record_under_way", { "file": "x" });
  for (const id of ["under_way", "runs_under_way", "no_record_under_way", "in_trash"]) {
    beginDeletion(harness, id);
  }
  Deno.mkdirSync(`${harness.folder}/elsewhere`);
  Deno.writeTextFileSync(`${harness.folder}/elsewhere/file`, "x");
  for (const id of ["runs_as_link", "record_of_link"]) Deno.removeSync(`${trainingData}/${id}`);
  for (const id of ["link", "runs_as_link", "record_of_link"]) {
    Deno.symlinkSync(`${harness.folder}/elsewhere`, `${trainingData}/${id}`);
  }
  Deno.symlinkSync(`${harness.folder}/nowhere`, `${trainingData}/broken_link`);
  Deno.symlinkSync(`${trainingData}/under_way`, `${trainingData}/link_inside`);
  Deno.writeTextFileSync(`${trainingData}/plain_file`, "x");
  const FORBIDDEN = { error: "任务目录不是training_data下的真实目录", error_code: "PATH_FORBIDDEN" };
  const RUNNING = { error: "任务正在运行中，无法删除", error_code: "TASK_RUNNING" };
  const IN_PROGRESS = { error: "任务正在被删除", error_code: "DELETE_IN_PROGRESS" };
  const cases: [id: string, failure: Record<string, string>, options?: Record<string, boolean>][] = [
    ["neither", { error: "任务目录不存在", error_code: "DELETE_FAILED" }],
    ["neither", { error: "任务目录不存在", error_code: "DELETE_FAILED" }, { force: true }],
    ["running", RUNNING],
    ["step_runs", RUNNING],
    ["runs_under_way", RUNNING],
    ["runs_as_link", RUNNING],
    ["runs_under_way", IN_PROGRESS, { force: true }],
    ["under_way", IN_PROGRESS],
    ["under_way", IN_PROGRESS, { delete_database_records: true, force: true }],
    ["no_record_under_way", IN_PROGRESS],
    ["in_trash", IN_PROGRESS],
    ["link", FORBIDDEN],
    ["link", FORBIDDEN, { force: true, delete_database_records: true }],
    ["broken_link", FORBIDDEN],
    ["link_inside", FORBIDDEN],
    ["plain_file", FORBIDDEN],
    ["record_of_link", FORBIDDEN, { delete_database_records: true }],
    ["runs_as_link", FORBIDDEN, { force: true }],
  ];
  for (const [task_id, failure, options = {}] of cases) {
    for (const dry_run of [true, false]) {
      await t.step(`${task_id} ${JSON.stringify({ ...options, dry_run })}`, async () => {
        const before = await stateOf(harness);
        const { status, body } = await remove(harness, [task_id], { ...options, dry_run });
        assert.equal(status, 200);
        assertLike(body, {
          success: false,
          message: "批量删除失败",
          data: { failed_tasks: [{ task_id, ...failure }], deleted_tasks: [] },
        });
        assert.deepEqual(await stateOf(harness), before);
      });
    }
  }
  assert.equal(Deno.readTextFileSync(`${harness.folder}/elsewhere/file`), "x");
});

Deno.test({
  name: "DELETE /tasks leaves a directory whole and in place when the file system refuses",
  ignore: !canLock(),
  async fn() {
    await using harness = await boot();
    await register(harness, "locked", "free");
    harness.fill("locked", { "file": "x", "sub/file": "y" });
    const before = await detailOf(harness, "locked");
    using _lock = lockDirectory(`${harness.trainingData}/locked`);
    const { status, body } = await remove(harness, ["locked", "free"], { delete_database_records: true });
    assert.equal(status, 200);
    assertLike(body, {
      success: true,
      message: "批量删除部分完成",
      data: {
        deleted_tasks: [{ task_id: "free" }],
        failed_tasks: [{ task_id: "locked", error: "权限不足", error_code: "PERMISSION_DENIED" }],
      },
    });
    assert.equal(Deno.readTextFileSync(`${harness.trainingData}/locked/sub/file`), "y");
    assert.deepEqual(await detailOf(harness, "locked"), before);
  },
});

Deno.test({
  name: "DELETE /tasks leaves a directory whole and in place when the file system refuses deep inside it",
  ignore: !canLock(),
  async fn() {
    await using harness = await boot();
    await register(harness, "locked");
    harness.fill("locked", { "a": "x", "sub/deep/file": "y", "z/file": "z" });
    const before = await stateOf(harness);
    using _lock = lockDirectory(`${harness.trainingData}/locked/sub/deep`);
    const { body } = await remove(harness, ["locked"], { delete_database_records: true });
    assertLike(body.data.failed_tasks, [
      { task_id: "locked", error: "权限不足", error_code: "PERMISSION_DENIED" },
    ]);
    assert.deepEqual(await stateOf(harness), before);
  },
});

Deno.test("DELETE /tasks keeps a running task unless it is forced to", async () => {
  await using harness = await boot();
  await register(harness, "runs", "step_runs");
  await harness.call("PATCH", `${V0}/tasks/runs`, { status: "in_progress" });
  await harness.call("PATCH", `${V0}/tasks/step_runs/steps/qa_generation`, { step_status: "running" });
  const { body } = await remove(harness, ["runs", "step_runs"], { force: true });
  assert.equal(body.message, "批量删除完成");
  assert.equal((await detailOf(harness, "runs")).directory_exists, false);
  assert.equal((await detailOf(harness, "runs")).status, "running");
  const again = await remove(harness, ["runs"]);
  assert.equal(again.body.data.failed_tasks[0].error_code, "TASK_RUNNING");
});
