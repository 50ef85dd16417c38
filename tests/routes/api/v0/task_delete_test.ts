import assert from "node:assert/strict";
import { boot, exists, type Harness, until, V0 } from "../../../_harness.ts";
import { canLock, lockDirectory } from "../../../_support/locked.ts";
import {
  assertIsOurs,
  assertLike,
  assertRefusals,
  detailOf,
  register,
  type Scenario,
  standingClock,
  stateOf,
} from "../../../_support/scenarios.ts";
import { acceptInStore, beginDeletion, refuseInStore } from "../../../_support/store.ts";

const NOT_CONFIRMED = "confirm参数必须为true以确认删除操作";

function remove(harness: Harness, task_id: string, options: Record<string, unknown> = {}) {
  return harness.call("DELETE", `${V0}/tasks/${task_id}`, { confirm: true, ...options });
}

Deno.test("DELETE /tasks/{task_id} answers with exactly the fields of the contract", async () => {
  const clock = standingClock(new Date(2025, 6, 2, 21, 45, 30).getTime());
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "task_20250702_173932");
  harness.fill("task_20250702_173932", { "a": "12345", "sub/b": "123" });
  const { status, body } = await remove(harness, "task_20250702_173932");
  assert.equal(status, 200);
  assert.deepEqual(body, {
    success: true,
    code: 200,
    message: "任务目录删除成功",
    data: {
      task_id: "task_20250702_173932",
      directory_deleted: true,
      database_records_deleted: false,
      deleted_files_count: 2,
      deleted_size: "8 B",
      deleted_size_bytes: 8,
      deleted_at: "2025-07-02T21:45:30",
    },
  });
  assertLike(await detailOf(harness, "task_20250702_173932"), {
    directory_exists: false,
    updated_at: "2025-07-02T21:45:30",
    status: "pending",
    steps: [{}, {}, {}, {}],
  });
});

Deno.test("DELETE /tasks/{task_id} deletes records when told so, at once or later", async () => {
  await using harness = await boot();
  await register(harness, "at_once", "later");
  const atOnce = await remove(harness, "at_once", { delete_database_records: true });
  assertLike(atOnce.body, {
    message: "任务目录删除成功",
    data: { directory_deleted: true, database_records_deleted: true },
  });
  assert.equal((await harness.call("GET", `${V0}/tasks/at_once`)).status, 404);
  await remove(harness, "later");
  const nothing = {
    message: "任务目录不存在，无需删除",
    data: { task_id: "later", directory_deleted: false, deleted_files_count: 0, deleted_size: "0 B" },
  };
  assertLike((await remove(harness, "later")).body, nothing);
  const later = await remove(harness, "later", { delete_database_records: true });
  assert.equal(later.status, 200);
  assertLike(later.body, { ...nothing, data: { ...nothing.data, database_records_deleted: true } });
  const never = await remove(harness, "later", { delete_database_records: true });
  assert.equal(never.status, 404);
  assertLike(never.body, { success: false, code: 404, message: "任务不存在: later" });
});

Deno.test("DELETE /tasks/{task_id} deletes a directory that has no record", async () => {
  await using harness = await boot();
  harness.fill("stray", { "file": "x" });
  const { status, body } = await remove(harness, "stray");
  assert.equal(status, 200);
  assertLike(body, {
    message: "任务目录删除成功",
    data: { directory_deleted: true, deleted_files_count: 1 },
  });
  assert.equal(exists(`${harness.trainingData}/stray`), false);
});

Deno.test("DELETE /tasks/{task_id} refuses a body that does not fit, and everything in the query string", async (t) => {
  await using harness = await boot();
  await register(harness, "kept");
  const row = (name: string, body: unknown, answer: Record<string, unknown>, query = ""): Scenario => ({
    name,
    method: "DELETE",
    path: `${V0}/tasks/kept${query}`,
    body,
    status: 400,
    answer: { success: false, code: 400, ...answer },
  });
  const missing = { message: "缺少必需参数: confirm", missing_params: ["confirm"] };
  const wrong = { message: NOT_CONFIRMED, invalid_params: ["confirm"], missing_params: undefined };
  await assertRefusals(t, harness, [
    row("no body", undefined, missing),
    row("an empty object", {}, missing),
    row("only force", { force: true }, missing),
    row("confirm only in the query string", undefined, missing, "?confirm=true"),
    ...[false, "true", 1, null, [], {}].map((confirm) =>
      row(`confirm: ${JSON.stringify(confirm)}`, { confirm }, wrong)
    ),
    ...Object.entries({ delete_database_records: "yes", force: 1, dry_run: "true", async: null }).map((
      [name, value],
    ) =>
      row(`${name}: ${JSON.stringify(value)}`, { confirm: true, [name]: value }, { invalid_params: [name] })
    ),
    ...["dryrun", "task_ids", "continue_on_error", "task_id"].map((name) =>
      row(`unknown ${name}`, { confirm: true, [name]: true }, { invalid_params: [name] })
    ),
    ...["dry_run", "force", "confirm", "delete_database_records"].map((name) =>
      row(`?${name}=true`, { confirm: true }, { invalid_params: [name] }, `?${name}=true`)
    ),
    ...["[]", "null", '"true"', "true"].map((text) => row(`a body that is ${text}`, text, {})),
  ]);
});

Deno.test("DELETE /tasks/{task_id} answers why a task may not be deleted, and leaves it as it is", async (t) => {
  await using harness = await boot();
  const { trainingData } = harness;
  await register(harness, "runs", "step_runs", "under_way", "runs_under_way");
  for (const id of ["runs", "runs_under_way"]) {
    await harness.call("PATCH", `${V0}/tasks/${id}`, { status: "running" });
  }
  await harness.call("PATCH", `${V0}/tasks/step_runs/steps/ddl_generation`, { step_status: "running" });
  for (const id of ["under_way", "runs_under_way"]) beginDeletion(harness, id);
  Deno.mkdirSync(`${harness.folder}/elsewhere`);
  Deno.writeTextFileSync(`${harness.folder}/elsewhere/file`, "x");
  Deno.symlinkSync(`${harness.folder}/elsewhere`, `${trainingData}/link`);
  Deno.writeTextFileSync(`${trainingData}/plain_file`, "x");
  const running = (task_id: string) => ({
    message: "任务正在运行中，无法删除",
    data: { task_id, current_status: "running" },
  });
  const cases: [id: string, options: Record<string, boolean>, number, Record<string, unknown>][] = [
    ["neither", {}, 404, { message: "任务不存在: neither" }],
    ["neither", { force: true, delete_database_records: true }, 404, { message: "任务不存在: neither" }],
    ["runs", {}, 409, running("runs")],
    ["runs", { delete_database_records: true }, 409, running("runs")],
    ["step_runs", {}, 409, running("step_runs")],
    ["runs_under_way", {}, 409, running("runs_under_way")],
    ["under_way", {}, 409, { message: "任务正在被删除" }],
    ["under_way", { force: true }, 409, { message: "任务正在被删除" }],
    ["link", {}, 403, { message: "任务目录不是training_data下的真实目录" }],
    ["link", { force: true }, 403, { message: "任务目录不是training_data下的真实目录" }],
    ["plain_file", {}, 403, { message: "任务目录不是training_data下的真实目录" }],
  ];
  for (const [id, options, status, answer] of cases) {
    for (const dry_run of [true, false]) {
      await t.step(`${id} ${JSON.stringify({ ...options, dry_run })}`, async () => {
        const before = await stateOf(harness);
        const got = await remove(harness, id, { ...options, dry_run });
        assert.equal(got.status, status);
        assertLike(got.body, { success: false, code: status, ...answer });
        assertIsOurs(got);
        assert.deepEqual(await stateOf(harness), before);
      });
    }
  }
  assert.equal(Deno.readTextFileSync(`${harness.folder}/elsewhere/file`), "x");
  await t.step("force deletes what runs", async () => {
    assert.equal((await remove(harness, "runs", { force: true })).status, 200);
    assert.equal((await remove(harness, "step_runs", { force: true })).status, 200);
  });
});

Deno.test({
  name: "DELETE /tasks/{task_id} answers 403 when the file system refuses, with the directory in place",
  ignore: !canLock(),
  async fn() {
    await using harness = await boot();
    await register(harness, "locked");
    harness.fill("locked", { "file": "x" });
    const before = await stateOf(harness);
    using _lock = lockDirectory(`${harness.trainingData}/locked`);
    const { status, body } = await remove(harness, "locked", { delete_database_records: true });
    assert.equal(status, 403);
    assertLike(body, { success: false, code: 403, message: "权限不足，无法删除任务目录: locked" });
    assert.deepEqual(await stateOf(harness), before);
  },
});

Deno.test("DELETE /tasks/{task_id} answers 500 when the database refuses, with the directory in place", async () => {
  await using harness = await boot();
  await register(harness, "kept");
  harness.fill("kept", { "file": "x" });
  const before = await stateOf(harness);
  refuseInStore(harness, "BEFORE UPDATE OF trashed_at ON deletions");
  const { status, body } = await remove(harness, "kept");
  acceptInStore(harness);
  assert.equal(status, 500);
  assert.deepEqual(await stateOf(harness), before);
  assertLike(body, { success: false, code: 500, message: "删除任务失败，请稍后重试" });
});

Deno.test("DELETE /tasks/{task_id} with dry_run answers the real numbers and changes nothing", async (t) => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "full", "bare");
  harness.fill("full", { "a": "12", "sub/b": "345" });
  harness.fill("stray", { "a": "12" });
  Deno.removeSync(`${harness.trainingData}/bare`);
  for (const id of ["full", "stray", "bare"]) {
    await t.step(id, async () => {
      const before = await harness.snapshot();
      const plan = await harness.call("DELETE", `${V0}/tasks/${id}`, { dry_run: true });
      assert.equal(plan.status, 200);
      assert.deepEqual(await harness.snapshot(), before);
      const real = await remove(harness, id);
      assert.deepEqual(plan.body.data, { ...real.body.data, dry_run: true, directory_deleted: false });
      assert.equal(plan.body.message, real.body.message);
    });
  }
});

Deno.test("DELETE /tasks/{task_id} with async answers 202 and deletes in a job", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  harness.fill("a", { "file": "123" });
  const answers = [
    await remove(harness, "a", { async: true }),
    await harness.call("DELETE", `${V0}/tasks/b`, { confirm: true }, { prefer: "respond-async" }),
  ];
  for (const { status, body } of answers) {
    assert.equal(status, 202);
    assertLike(body, {
      success: true,
      code: 202,
      data: { status_url: /^\/api\/v0\/data_pipeline\/jobs\/\d+$/ },
    });
    await until(async () => {
      const job = await harness.call("GET", body.data.status_url);
      return job.body.data.status === "completed";
    }, "the job completes");
  }
  assert.equal(exists(`${harness.trainingData}/a`), false);
  assert.equal(exists(`${harness.trainingData}/b`), false);
});
