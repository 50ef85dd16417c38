import assert from "node:assert/strict";
import { boot, V0 } from "../../../_harness.ts";
import { assertRefusals, register, type Scenario } from "../../../_support/scenarios.ts";

const LOG = "2025-07-02 22:57:20 [INFO] SchemaWorkflow: 开始\n" +
  "2025-07-02 22:57:21,317 [ERROR] SchemaWorkflow: 失败\nTraceback (most recent call last):\nValueError: x\n" +
  "2025-07-02 22:57:22 [WARNING] SchemaWorkflow: 结束\n";

Deno.test("GET /tasks/{task_id}/logs answers entries newest first, page by page", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  harness.fill("task_a", { "data_pipeline.log": LOG });
  const end = {
    timestamp: "2025-07-02T22:57:22",
    level: "WARNING",
    logger: "SchemaWorkflow",
    message: "结束",
    truncated: false,
  };
  const failure = {
    timestamp: "2025-07-02T22:57:21.317000",
    level: "ERROR",
    logger: "SchemaWorkflow",
    message: "失败\nTraceback (most recent call last):\nValueError: x",
    truncated: false,
  };
  const path = `${V0}/tasks/task_a/logs`;
  const { status, body } = await harness.call("GET", `${path}?limit=2`);
  assert.equal(status, 200);
  const { next_cursor, ...data } = body.data;
  assert.deepEqual([body.message, data], ["获取任务日志成功", {
    task_id: "task_a",
    logs: [end, failure],
    limit: 2,
  }]);
  const rest = await harness.call("GET", `${path}?limit=2&cursor=${next_cursor}`);
  assert.equal(rest.body.data.logs.length, 1);
  assert.equal(rest.body.data.next_cursor, null);
  for (const level of ["ERROR", "error", "ERROR,CRITICAL"]) {
    const { body } = await harness.call("GET", `${path}?level=${level}`);
    assert.deepEqual(body.data.logs, [failure]);
    assert.equal(body.data.limit, 100);
  }
});

Deno.test("GET /tasks/{task_id}/logs answers no entries where there is no log yet", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  const { status, body } = await harness.call("GET", `${V0}/tasks/task_a/logs`);
  assert.equal(status, 200);
  assert.deepEqual(body.data, { task_id: "task_a", logs: [], limit: 100, next_cursor: null });
});

Deno.test("GET /tasks/{task_id}/logs refuses a log that is no file, and what is no task or query", async (t) => {
  await using harness = await boot();
  const ids = ["task_a", "task_link", "task_dir", "task_fifo", "task_gone", "task_moved"];
  await register(harness, ...ids);
  harness.fill("task_a", { "data_pipeline.log": LOG });
  const log = (id: string) => `${harness.trainingData}/${id}/data_pipeline.log`;
  Deno.writeTextFileSync(`${harness.folder}/canary`, LOG);
  Deno.symlinkSync(`${harness.folder}/canary`, log("task_link"));
  Deno.mkdirSync(log("task_dir"));
  assert.ok((await new Deno.Command("mkfifo", { args: [log("task_fifo")] }).output()).success);
  for (const id of ["task_gone", "task_moved"]) Deno.removeSync(`${harness.trainingData}/${id}`);
  Deno.symlinkSync("task_a", `${harness.trainingData}/task_moved`);
  const refusal = (task: string, status: number, message: string | RegExp, query = ""): Scenario => ({
    name: `${task}${query}`,
    method: "GET",
    path: `${V0}/tasks/${task}/logs${query}`,
    status,
    answer: { success: false, code: status, message },
  });
  await assertRefusals(t, harness, [
    ...["task_link", "task_dir", "task_fifo"].map((id) =>
      refusal(id, 403, "不是任务目录内的普通文件: data_pipeline.log")
    ),
    refusal("task_gone", 404, "任务目录不存在: task_gone"),
    refusal("task_moved", 403, "任务目录不是training_data下的真实目录"),
    refusal("nobody", 404, "任务不存在: nobody"),
    refusal(".hidden", 400, /^无效的任务ID/),
    ...["limit=0", "limit=-1", "limit=x"].map((query) =>
      refusal("task_a", 400, /^参数limit无效/, `?${query}`)
    ),
    ...["level=", "level=TRACE", "level=ERROR,", `level=${"ERROR,".repeat(50)}`].map((query) =>
      refusal("task_a", 400, /^参数level无效: 必须是DEBUG、INFO/, `?${query}`)
    ),
    ...["", "x", "MA", "LTE", "MTIzNHk"].map((cursor) =>
      refusal("task_a", 400, /^参数cursor无效/, `?cursor=${cursor}`)
    ),
    refusal("task_a", 400, "未知参数: tail", "?tail=5"),
    { ...refusal("task_a", 405, /请求方法不被允许/), method: "DELETE" },
  ]);
});
