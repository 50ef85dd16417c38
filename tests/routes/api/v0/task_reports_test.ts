import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../../../_harness.ts";
import {
  assertLike,
  assertRefusals,
  detailOf,
  register,
  type Scenario,
  standingClock,
} from "../../../_support/scenarios.ts";

const TERMINAL = ["completed", "failed", "cancelled"];
const STATUSES = ["pending", "running", "partial_completed", ...TERMINAL];
const STEP_TERMINAL = ["completed", "failed", "skipped"];

async function report(harness: Harness, id: string, body: Record<string, unknown>) {
  const { status, body: answer } = await harness.call("PATCH", `${V0}/tasks/${id}`, body);
  assert.equal(status, 200, JSON.stringify(answer));
  return answer.data;
}

async function reportStep(harness: Harness, id: string, step: string, step_status: string) {
  const path = `${V0}/tasks/${id}/steps/${encodeURIComponent(step)}`;
  const { status, body } = await harness.call("PATCH", path, { step_status });
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

Deno.test("PATCH /tasks/{task_id} sets started_at and completed_at by the transitions", async (t) => {
  const clock = standingClock(new Date(2025, 6, 2, 10, 0, 0).getTime());
  await using harness = await boot({ seams: { clock: clock.read } });
  const at = (minute: number) => `2025-07-02T10:${String(minute).padStart(2, "0")}:00`;
  // Each status is reported a minute after the one before; `started`, `completed`: the minute it must say in the end.
  const cases: [path: string[], started: number | null | undefined, completed: number | null][] = [
    [["running"], 1, null],
    [["in_progress"], 1, null],
    [["running", "completed"], 1, 2],
    [["running", "failed"], 1, 2],
    [["running", "cancelled"], 1, 2],
    [["running", "partial_completed"], 1, null],
    [["running", "partial_completed", "running"], 1, null],
    [["running", "partial_completed", "running", "completed"], 1, 4],
    [["partial_completed", "completed"], 1, 2],
    [["cancelled"], undefined, 1],
    [["completed"], undefined, 1],
    [["failed"], undefined, 1],
    [["running", "running"], 1, null],
  ];
  for (const [i, [path, started, completed]] of cases.entries()) {
    await t.step(["pending", ...path].join(" → "), async () => {
      clock.now = new Date(2025, 6, 2, 10, 0, 0).getTime();
      await register(harness, `t${i}`);
      for (const status of path) {
        clock.now += 60_000;
        await report(harness, `t${i}`, { status });
      }
      const task = await detailOf(harness, `t${i}`);
      const last = path.at(-1)!;
      assertLike(task, {
        status: last === "in_progress" ? "running" : last,
        ...(started !== undefined && { started_at: started === null ? null : at(started) }),
        completed_at: completed === null ? null : at(completed),
        updated_at: at(path.length),
        created_at: at(0),
      });
    });
  }
});

Deno.test("PATCH /tasks/{task_id} answers 409 to every way out of a terminal state", async (t) => {
  await using harness = await boot();
  const rows: Scenario[] = [];
  for (const from of TERMINAL) {
    await register(harness, from);
    await report(harness, from, { status: from });
    for (const to of [...STATUSES, "in_progress"].filter((to) => to !== from)) {
      rows.push({
        name: `${from} → ${to}`,
        method: "PATCH",
        path: `${V0}/tasks/${from}`,
        body: { status: to, task_name: "must not be kept either" },
        status: 409,
        answer: { success: false, code: 409, message: /./ },
      });
    }
  }
  await assertRefusals(t, harness, rows);
});

Deno.test("PATCH /tasks/{task_id} keeps name, result and error_message, also in a terminal state", async () => {
  await using harness = await boot();
  await register(harness, "t");
  assertLike(await report(harness, "t", { task_name: "新名字", error_message: "出错" }), {
    task_name: "新名字",
    error_message: "出错",
    status: "pending",
    updated_at: /^\d{4}-/,
  });
  await report(harness, "t", { status: "completed" });
  for (const result of [{ a: [1, null, "中"] }, [1], "text", 0, false, null]) {
    assert.deepEqual((await report(harness, "t", { result })).result, result);
    assert.deepEqual((await detailOf(harness, "t")).result, result);
  }
  assertLike(await detailOf(harness, "t"), {
    task_name: "新名字",
    error_message: "出错",
    status: "completed",
  });
});

Deno.test("PATCH /tasks/{task_id} and its steps refuse what they do not know", async (t) => {
  await using harness = await boot();
  await register(harness, "here");
  const row = (name: string, path: string, body: unknown, status: number, answer = {}): Scenario => ({
    name,
    method: "PATCH",
    path: `${V0}/tasks/${path}`,
    body,
    status,
    answer: { success: false, code: status, message: /./, ...answer },
  });
  const names = (name: string) => (list: string[]) => list.includes(name);
  await assertRefusals(t, harness, [
    row("unknown task", "gone", { status: "running" }, 404, { message: "任务不存在: gone" }),
    row("no id", "a%20b", { status: "running" }, 400, { message: /^无效的任务ID: / }),
    row("unknown status", "here", { status: "done" }, 400, { invalid_params: ["status"] }),
    row("a step's status", "here", { status: "skipped" }, 400, { invalid_params: ["status"] }),
    row("status null", "here", { status: null }, 400, { invalid_params: ["status"] }),
    row("unknown field", "here", { state: "running" }, 400, { invalid_params: names("state") }),
    row("error_message no text", "here", { error_message: 5 }, 400, { invalid_params: ["error_message"] }),
    row("nothing at all", "here", {}, 400),
    row("unknown task's step", "gone/steps/x", { step_status: "running" }, 404, {
      message: "任务不存在: gone",
    }),
    row("unknown step", "here/steps/x", { step_status: "running" }, 404),
    row("step's status unknown", "here/steps/qa_generation", { step_status: "done" }, 400, {
      invalid_params: ["step_status"],
    }),
    row("a task's status", "here/steps/qa_generation", { step_status: "cancelled" }, 400, {
      invalid_params: ["step_status"],
    }),
    row("step: unknown field", "here/steps/qa_generation", { status: "running" }, 400, {
      invalid_params: names("status"),
    }),
    row("step: nothing at all", "here/steps/qa_generation", {}, 400),
  ]);
});

Deno.test("PATCH /tasks/{task_id}/steps/{step_name} keeps times, execution_id and error_message", async () => {
  const clock = standingClock(new Date(2025, 6, 2, 10, 0, 0).getTime());
  await using harness = await boot({ seams: { clock: clock.read } });
  await harness.call("POST", `${V0}/tasks`, { task_id: "t", steps: ["数据 准备", "b"] });
  const path = `${V0}/tasks/t/steps/${encodeURIComponent("数据 准备")}`;
  clock.now += 60_000;
  await harness.call("PATCH", path, { step_status: "in_progress", execution_id: "exec-1" });
  assertLike(await detailOf(harness, "t"), {
    status: "running",
    started_at: "2025-07-02T10:01:00",
    current_step: "数据 准备",
    steps: [
      {
        step_name: "数据 准备",
        step_status: "running",
        execution_id: "exec-1",
        started_at: "2025-07-02T10:01:00",
        completed_at: null,
      },
      { step_name: "b", step_status: "pending", started_at: null },
    ],
  });
  clock.now += 60_000;
  const { status, body } = await harness.call("PATCH", path, {
    step_status: "failed",
    error_message: "3 条SQL无效",
  });
  assert.equal(status, 200);
  assertLike(body.data.steps[0], {
    step_status: "failed",
    execution_id: "exec-1",
    error_message: "3 条SQL无效",
    started_at: "2025-07-02T10:01:00",
    completed_at: "2025-07-02T10:02:00",
  });
  assertLike(body.data, { status: "failed", completed_at: "2025-07-02T10:02:00", current_step: null });
});

Deno.test("PATCH /tasks/{task_id}/steps/{step_name} answers 409 to every way out of a terminal state", async (t) => {
  await using harness = await boot();
  const rows: Scenario[] = [];
  await harness.call("POST", `${V0}/tasks`, { task_id: "t", steps: [...STEP_TERMINAL, "open"] });
  for (const from of STEP_TERMINAL.filter((step) => step !== "failed")) {
    await reportStep(harness, "t", from, from);
  }
  await reportStep(harness, "t", "failed", "failed");
  for (const from of STEP_TERMINAL) {
    for (const to of ["pending", "running", "in_progress", ...STEP_TERMINAL].filter((to) => to !== from)) {
      rows.push({
        name: `${from} → ${to}`,
        method: "PATCH",
        path: `${V0}/tasks/t/steps/${from}`,
        body: { step_status: to, execution_id: "must not be kept either" },
        status: 409,
        answer: { success: false, code: 409, message: /./ },
      });
    }
  }
  await assertRefusals(t, harness, rows);
});

Deno.test("PATCH /tasks/{task_id}/steps/{step_name} lets the task follow its steps, unless it was ended", async (t) => {
  await using harness = await boot();
  const cases: [
    name: string,
    reports: [step: string, status: string][],
    status: string,
    current: string | null,
  ][] = [
    ["one runs", [["a", "running"]], "running", "a"],
    ["one is done", [["a", "running"], ["a", "completed"]], "partial_completed", null],
    ["one is skipped", [["a", "skipped"]], "partial_completed", null],
    ["one is done, one runs", [["a", "completed"], ["b", "running"]], "running", "b"],
    ["all are done", [["a", "completed"], ["b", "running"], ["b", "completed"]], "completed", null],
    ["all are done or skipped", [["a", "completed"], ["b", "skipped"]], "completed", null],
    ["one failed", [["a", "running"], ["a", "failed"]], "failed", null],
    ["the last failed", [["a", "completed"], ["b", "failed"]], "failed", null],
  ];
  for (const [i, [name, reports, status, current_step]] of cases.entries()) {
    await t.step(name, async () => {
      await harness.call("POST", `${V0}/tasks`, { task_id: `t${i}`, steps: ["a", "b"] });
      let after = {};
      for (const [step, step_status] of reports) {
        after = await reportStep(harness, `t${i}`, step, step_status);
      }
      assertLike(after, { status, current_step });
      assertLike(await detailOf(harness, `t${i}`), {
        status,
        current_step,
        started_at: status === "pending" ? null : /^\d/,
        completed_at: ["completed", "failed"].includes(status) ? /^\d/ : null,
      });
    });
  }
  await t.step("a cancelled task stays cancelled when its running step ends", async () => {
    await harness.call("POST", `${V0}/tasks`, { task_id: "ended", steps: ["a"] });
    await reportStep(harness, "ended", "a", "running");
    const { completed_at } = await report(harness, "ended", { status: "cancelled" });
    assertLike(await reportStep(harness, "ended", "a", "completed"), { status: "cancelled", completed_at });
  });
});
