import assert from "node:assert/strict";
import { boot, V0 } from "../../../_harness.ts";
import {
  assertRefusals,
  listTasks,
  register,
  type Scenario,
  standingClock,
} from "../../../_support/scenarios.ts";

Deno.test("GET /tasks shows each task with exactly the fields of the contract", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await harness.call("POST", `${V0}/tasks`, {
    task_id: "t",
    task_name: "服务区",
    db_name: "highway_db",
    business_context: "高速公路",
    created_by: "li.na",
  });
  const { status, body } = await harness.call("GET", `${V0}/tasks`);
  assert.equal(status, 200);
  assert.deepEqual(body, {
    success: true,
    code: 200,
    message: "获取任务列表成功",
    data: {
      tasks: [{
        task_id: "t",
        project_id: 1,
        task_name: "服务区",
        task_type: "data_workflow",
        status: "pending",
        step_status: "pending",
        created_at: "2025-07-02T22:57:21.317000",
        started_at: null,
        completed_at: null,
        created_by: "li.na",
        db_name: "highway_db",
        business_context: "高速公路",
        directory_exists: true,
        updated_at: null,
        directory_size_bytes: null,
      }],
      total: 1,
      limit: 50,
      offset: 0,
      next_cursor: null,
    },
  });
});

Deno.test("GET /tasks writes times without offset, with six digits when there is a fraction", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const times: [number, string][] = [
    [0, "2025-07-02T22:57:21"],
    [1, "2025-07-02T22:57:21.001000"],
    [40, "2025-07-02T22:57:21.040000"],
    [999, "2025-07-02T22:57:21.999000"],
  ];
  for (const [ms, text] of times) {
    clock.now = new Date(2025, 6, 2, 22, 57, 21, ms).getTime();
    await register(harness, `t${ms}`);
    assert.equal((await listTasks(harness, "?limit=1")).tasks[0]!.created_at, text);
  }
});

Deno.test("GET /tasks sorts by created_at, then task_id, both descending", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "b", "a10", "a9", "c");
  clock.now += 1;
  await register(harness, "a");
  clock.now -= 2;
  await register(harness, "z");
  assert.deepEqual((await listTasks(harness)).ids, ["a", "c", "b", "a9", "a10", "z"]);
});

Deno.test("GET /tasks has one word for the steps of a task", async () => {
  await using harness = await boot();
  const cases: [id: string, steps: string[], reports: [string, string][], word: string | null][] = [
    ["none", [], [], null],
    ["pending", ["a", "b"], [], "pending"],
    ["running", ["a", "b"], [["a", "completed"], ["b", "running"]], "running"],
    ["partial", ["a", "b"], [["a", "completed"]], "partial_completed"],
    ["all", ["a", "b"], [["a", "completed"], ["b", "completed"]], "all_completed"],
    ["failed", ["a", "b"], [["a", "completed"], ["b", "failed"]], "failed"],
    ["failed_first", ["a", "b"], [["b", "running"], ["a", "failed"]], "failed"],
  ];
  for (const [task_id, steps, reports] of cases) {
    await harness.call("POST", `${V0}/tasks`, { task_id, steps });
    for (const [step, step_status] of reports) {
      const { status } = await harness.call("PATCH", `${V0}/tasks/${task_id}/steps/${step}`, { step_status });
      assert.equal(status, 200, `${task_id} ${step}`);
    }
  }
  const { tasks } = await listTasks(harness);
  for (const [task_id, , , word] of cases) {
    assert.equal(tasks.find((task) => task.task_id === task_id)!.step_status, word, task_id);
  }
});

Deno.test("GET /tasks refuses what it cannot read, and names it", async (t) => {
  await using harness = await boot();
  await register(harness, "a");
  const bad: Record<string, string[]> = {
    limit: [
      "0",
      "-1",
      "+1",
      " 1",
      "1 ",
      "1e3",
      "1.5",
      "1.0",
      "",
      "abc",
      "0x10",
      "NaN",
      "Infinity",
      "１",
      "00",
      "1\n",
    ],
    offset: ["-1", "+1", " 1", "1e3", "1.5", "", "abc", "0x10", "NaN", "99999999999999999999"],
    cursor: ["x", "", "null", "AAAA", "%%%", "../..", btoa("1 ../x"), btoa("x y")],
    status: ["done", "RUNNING", "", "running,failed", "inprogress"],
    directory_exists: ["yes", "2", "", "null"],
    created_after: ["yesterday", "2025-13-01", "", "2025-02-30", "1751490000000", "2025-07-02T25:00:00"],
    created_before: ["tomorrow", "2025-07-02T22:57:21+99:00"],
    limits: ["5"],
    Limit: ["5"],
    page: ["1"],
    __proto__x: ["1"],
  };
  const row = (name: string, query: string, field: string): Scenario => ({
    name,
    method: "GET",
    path: `${V0}/tasks?${query}`,
    status: 400,
    answer: { success: false, code: 400, message: /./, invalid_params: [field] },
  });
  await assertRefusals(t, harness, [
    ...Object.entries(bad).flatMap(([field, values]) =>
      values.map((value) =>
        row(`${field}=${JSON.stringify(value)}`, `${field}=${encodeURIComponent(value)}`, field)
      )
    ),
    row("limit twice", "limit=1&limit=2", "limit"),
    row("limit twice, the same", "limit=1&limit=1", "limit"),
    row("status twice", "status=failed&status=running", "status"),
    row("a name of the prototype", "__proto__=1", "__proto__"),
    row("limit=+1, not encoded", "limit=+1", "limit"),
  ]);
  for (const [limit, counts] of [["1", 1], ["1000", 1000], ["1001", 1000], ["99999999999999999999", 1000]]) {
    await t.step(`limit=${limit} counts as ${counts}`, async () => {
      assert.equal((await listTasks(harness, `?limit=${limit}`)).limit, counts);
    });
  }
});

Deno.test("HEAD /tasks answers as GET does, without a body", async () => {
  await using harness = await boot();
  await register(harness, "a");
  for (const query of ["", "?limit=1", "?limit=0"]) {
    const got = await fetch(`${harness.url}${V0}/tasks${query}`);
    const head = await fetch(`${harness.url}${V0}/tasks${query}`, { method: "HEAD" });
    const bytes = (await got.arrayBuffer()).byteLength;
    assert.equal(head.status, got.status);
    assert.equal(head.headers.get("content-type"), got.headers.get("content-type"));
    assert.equal(head.headers.get("content-length"), String(bytes));
    assert.equal((await head.arrayBuffer()).byteLength, 0);
  }
});
