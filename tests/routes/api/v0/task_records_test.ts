import assert from "node:assert/strict";
import { boot, exists, V0 } from "../../../_harness.ts";
import {
  assertLike,
  assertRefusals,
  detailOf,
  listTasks,
  register,
  type Scenario,
  standingClock,
} from "../../../_support/scenarios.ts";
import { beginDeletion } from "../../../_support/store.ts";

const STEPS = ["ddl_generation", "qa_generation", "sql_validation", "training_load"];

Deno.test("POST /tasks without anything registers a pending run with the defaults of the contract", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const { status, body } = await harness.call("POST", `${V0}/tasks`);
  assert.equal(status, 201);
  assert.deepEqual(body, {
    success: true,
    code: 201,
    message: "任务创建成功",
    data: {
      task_id: "task_20250702_225721",
      task_name: null,
      status: "pending",
      created_at: "2025-07-02T22:57:21.317000",
      output_directory: "training_data/task_20250702_225721",
    },
  });
  assert.ok(Deno.lstatSync(`${harness.trainingData}/task_20250702_225721`).isDirectory);
  assert.deepEqual(await detailOf(harness, "task_20250702_225721"), {
    task_id: "task_20250702_225721",
    task_name: null,
    task_type: "data_workflow",
    status: "pending",
    step_status: "pending",
    created_at: "2025-07-02T22:57:21.317000",
    started_at: null,
    completed_at: null,
    created_by: "guest",
    db_name: null,
    business_context: null,
    directory_exists: true,
    updated_at: null,
    directory_size_bytes: null,
    parameters: {},
    project_id: 1,
    result: null,
    error_message: null,
    output_directory: "training_data/task_20250702_225721",
    current_step: null,
    total_steps: 4,
    steps: STEPS.map((step_name) => ({
      step_name,
      step_status: "pending",
      execution_id: null,
      started_at: null,
      completed_at: null,
      error_message: null,
    })),
  });
});

Deno.test("POST /tasks keeps everything it is told", async () => {
  await using harness = await boot();
  const told = {
    task_id: "_own.id-1",
    task_name: "高速公路服务区 🚀",
    task_type: "custom",
    db_name: "highway_db",
    business_context: "多行\n文本 \"引号\" '单' \\ %_",
    parameters: { table_list: ["a", "b"], depth: { x: null, y: 1.5 }, "中文": true },
    created_by: "张伟",
    steps: ["第一步", "second step"],
  };
  const { status, body } = await harness.call("POST", `${V0}/tasks`, told);
  assert.equal(status, 201);
  assertLike(body.data, { task_id: told.task_id, task_name: told.task_name, status: "pending" });
  const { steps, ...rest } = told;
  assertLike(await detailOf(harness, told.task_id), {
    ...rest,
    total_steps: 2,
    steps: steps.map((step_name) => ({ step_name, step_status: "pending" })),
  });
  await harness.call("POST", `${V0}/tasks`, { task_id: "stepless", steps: [] });
  assertLike(await detailOf(harness, "stepless"), { total_steps: 0, steps: [], step_status: null });
});

Deno.test("POST /tasks makes default ids unique", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  // A directory that no record knows takes the name as well.
  Deno.mkdirSync(`${harness.trainingData}/task_20250702_225721`);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => harness.call("POST", `${V0}/tasks`, {})),
  );
  const ids = answers.map(({ status, body }) => {
    assert.equal(status, 201);
    return body.data.task_id as string;
  });
  assert.equal(new Set(ids).size, 20);
  assert.ok(ids.every((id) => /^task_20250702_225721./.test(id)), ids.join());
  assert.ok(ids.every((id) => exists(`${harness.trainingData}/${id}`)));
  assert.equal((await listTasks(harness)).total, 20);
});

Deno.test("POST /tasks registers an id once, however many ask at once", async () => {
  await using harness = await boot();
  const answers = await Promise.all(
    Array.from(
      { length: 20 },
      (_, i) => harness.call("POST", `${V0}/tasks`, { task_id: "x", task_name: `${i}` }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, ...Array(19).fill(409)]);
  const made = answers.find(({ status }) => status === 201)!;
  assert.equal((await detailOf(harness, "x")).task_name, made.body.data.task_name);
});

Deno.test("POST /tasks refuses what is there already and what does not fit", async (t) => {
  await using harness = await boot();
  await register(harness, "there", "gone_but_recorded", "under_way");
  await harness.call("DELETE", `${V0}/tasks/gone_but_recorded`, { confirm: true });
  beginDeletion(harness, "no_record_under_way");
  harness.fill("stray", { "file": "x" });
  Deno.symlinkSync("stray", `${harness.trainingData}/link`);
  Deno.symlinkSync("nowhere", `${harness.trainingData}/broken_link`);
  Deno.writeTextFileSync(`${harness.trainingData}/plain_file`, "x");
  const row = (
    name: string,
    body: unknown,
    status: number,
    answer: Record<string, unknown> = {},
  ): Scenario => ({
    name,
    method: "POST",
    path: `${V0}/tasks`,
    body,
    status,
    answer: { success: false, code: status, message: /./, ...answer },
  });
  const bad = ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "任务", "a\0", "a\n", "a".repeat(65)];
  const wrong: [string, unknown[]][] = [
    ["task_name", [1, {}, []]],
    ["task_type", [1]],
    ["parameters", [[], "x", 1, null]],
    ["steps", ["x", {}, [["x"]]]],
    ["created_by", [false]],
  ];
  await assertRefusals(t, harness, [
    ...["there", "gone_but_recorded", "no_record_under_way", "stray", "link", "broken_link", "plain_file"]
      .map((task_id) => row(task_id, { task_id }, 409)),
    ...bad.map((task_id) => row(JSON.stringify(task_id), { task_id }, 400, { message: /^无效的任务ID: / })),
    ...wrong.flatMap(([name, values]) =>
      values.map((value) =>
        row(`${name}: ${JSON.stringify(value)}`, { [name]: value }, 400, {
          invalid_params: (names: string[]) => names.length === 1 && names[0]!.split(".")[0] === name,
        })
      )
    ),
    row("task_id: 5", { task_id: 5 }, 400, { invalid_params: ["task_id"] }),
    row("steps twice the same", { steps: ["a", "a"] }, 400, { invalid_params: ["steps"] }),
    row("an unknown field", { taskname: "x" }, 400, { invalid_params: ["taskname"] }),
    row("a list", [], 400),
  ]);
});

Deno.test("POST and PATCH /tasks blame the caller, not the server, for JSON nested too deeply to keep", async (t) => {
  await using harness = await boot();
  await register(harness, "here");
  for (const depth of [500, 1500, 100_000]) {
    const nested = "[".repeat(depth) + "]".repeat(depth);
    await t.step(`parameters, ${depth} deep`, async () => {
      const body = `{"task_id": "deep${depth}", "parameters": {"x": ${nested}}}`;
      const { status } = await harness.call("POST", `${V0}/tasks`, body);
      assert.ok(status === 201 || status === 400, `${status}`);
      if (status === 400) assert.equal(exists(`${harness.trainingData}/deep${depth}`), false);
    });
    await t.step(`result, ${depth} deep`, async () => {
      const { status } = await harness.call("PATCH", `${V0}/tasks/here`, `{"result": ${nested}}`);
      assert.ok(status === 200 || status === 400, `${status}`);
    });
  }
});

Deno.test("GET /tasks/{task_id} answers 404 for an unknown task, 400 for what is no id", async (t) => {
  await using harness = await boot();
  const common = { method: "GET", answer: { success: false } };
  await assertRefusals(t, harness, [
    {
      ...common,
      name: "unknown",
      path: `${V0}/tasks/task_invalid_id`,
      status: 404,
      answer: { success: false, code: 404, message: "任务不存在: task_invalid_id" },
    },
    ...["a%20b", "%E4%BB%BB", ".x", "a%00", "a".repeat(65)].map((id) => ({
      ...common,
      name: id,
      path: `${V0}/tasks/${id}`,
      status: 400,
      answer: { success: false, code: 400, message: /^无效的任务ID: / },
    })),
  ]);
});

Deno.test("GET /tasks/{task_id} says 获取任务状态成功, HEAD the same without a body", async () => {
  await using harness = await boot();
  await register(harness, "here");
  const { body } = await harness.call("GET", `${V0}/tasks/here`);
  assertLike(body, { success: true, code: 200, message: "获取任务状态成功" });
  const head = await fetch(`${harness.url}${V0}/tasks/here`, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), "");
  const missing = await fetch(`${harness.url}${V0}/tasks/missing`, { method: "HEAD" });
  assert.equal(missing.status, 404);
  await missing.body?.cancel();
});

Deno.test("A start adopts directories that have no record, by their id's time or their own", async () => {
  const HOUR = 3_600_000;
  const now = new Date(2025, 6, 10, 12, 0, 0).getTime();
  const old = (now - 5 * HOUR) / 1000;
  await using harness = await boot({
    seams: { clock: () => now },
    prepare(trainingData) {
      for (
        const id of ["task_20250702_223802", "no_time", "task_20251399_000000", "fresh", ".hidden", "a b"]
      ) {
        Deno.mkdirSync(`${trainingData}/${id}`);
        Deno.writeTextFileSync(`${trainingData}/${id}/file`, "x");
        Deno.utimeSync(`${trainingData}/${id}/file`, old, old);
        Deno.utimeSync(`${trainingData}/${id}`, old, old);
      }
      Deno.utimeSync(`${trainingData}/fresh/file`, now / 1000 - 60, now / 1000 - 60);
      Deno.symlinkSync("no_time", `${trainingData}/link`);
      Deno.writeTextFileSync(`${trainingData}/plain_file`, "x");
    },
  });
  const { ids } = await listTasks(harness);
  assert.deepEqual(ids.toSorted(), ["fresh", "no_time", "task_20250702_223802", "task_20251399_000000"]);
  const done = { created_by: "system", status: "completed", directory_exists: true };
  assertLike(await detailOf(harness, "task_20250702_223802"), { ...done, created_at: "2025-07-02T22:38:02" });
  assertLike(await detailOf(harness, "no_time"), { ...done, created_at: "2025-07-10T07:00:00" });
  assertLike(await detailOf(harness, "task_20251399_000000"), { ...done, created_at: "2025-07-10T07:00:00" });
  assertLike(await detailOf(harness, "fresh"), { created_by: "system", status: "running" });
  const kept = await harness.call("DELETE", `${V0}/tasks/fresh`, { confirm: true });
  assert.equal(kept.status, 409);
  const forced = await harness.call("DELETE", `${V0}/tasks/fresh`, { confirm: true, force: true });
  assert.equal(forced.status, 200);
});
