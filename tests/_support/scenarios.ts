/** Tables of scenarios against a booted server: name, request, status, body, and that a refusal changed nothing. */
import assert from "node:assert/strict";
import { type Answer, type Harness, V0 } from "../_harness.ts";

export interface Scenario {
  name: string;
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  status: number;
  /** What the answer's body must hold, see {@linkcode assertLike}. */
  answer: Record<string, unknown>;
}

/** Runs each as a step; afterwards rows, files and the operation log must be what they were. */
export async function assertRefusals(t: Deno.TestContext, harness: Harness, scenarios: readonly Scenario[]) {
  for (const { name, method, path, body, headers, status, answer } of scenarios) {
    await t.step(name, async () => {
      const before = await harness.snapshot();
      const got = await harness.call(method, path, body, headers);
      assert.equal(got.status, status, JSON.stringify(got.body));
      assertLike(got.body, answer);
      assertIsOurs(got);
      assert.deepEqual(await harness.snapshot(), before);
    });
  }
}

/** What every answer with a body has, whatever it says. */
export function assertIsOurs({ headers, status, body }: Answer): void {
  assert.equal(headers.get("content-type"), "application/json; charset=utf-8");
  assert.match(headers.get("x-request-id") ?? "", /^[A-Za-z0-9._:-]{1,128}$/);
  if (typeof body?.code === "number") assert.equal(body.code, status);
}

/**
 * `actual` holds what `expected` names: objects field by field (undefined: the field is absent), arrays element by
 * element, a RegExp matches, a function says whether.
 */
export function assertLike(actual: unknown, expected: unknown, at = "answer"): void {
  if (expected instanceof RegExp) {
    assert.ok(typeof actual === "string" && expected.test(actual), `${at}: ${show(actual)}, not ${expected}`);
  } else if (typeof expected === "function") {
    assert.ok(expected(actual), `${at}: ${show(actual)}`);
  } else if (Array.isArray(expected)) {
    assert.ok(
      Array.isArray(actual) && actual.length === expected.length,
      `${at}: ${show(actual)}, not ${show(expected)}`,
    );
    expected.forEach((element, i) => assertLike(actual[i], element, `${at}[${i}]`));
  } else if (typeof expected === "object" && expected !== null) {
    assert.ok(typeof actual === "object" && actual !== null, `${at}: ${show(actual)}, not ${show(expected)}`);
    for (const [name, value] of Object.entries(expected)) {
      assertLike((actual as Record<string, unknown>)[name], value, `${at}.${name}`);
    }
  } else {
    assert.deepEqual(actual, expected, `${at}: ${show(actual)}, not ${show(expected)}`);
  }
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 500) ?? String(value);
}

/** Registers tasks of these names, whose directories are empty. */
export async function register(harness: Harness, ...taskIds: string[]): Promise<void> {
  for (const task_id of taskIds) {
    const { status, body } = await harness.call("POST", `${V0}/tasks`, { task_id });
    assert.equal(status, 201, JSON.stringify(body));
  }
}

/** Rows and files, without the operation log: what an attempt that failed must not change. */
export async function stateOf(harness: Harness): Promise<unknown> {
  const { files, tasks } = await harness.snapshot() as { files: unknown; tasks: unknown };
  return { files, tasks };
}

/** The task as `GET /tasks/{task_id}` shows it. */
export async function detailOf(harness: Harness, taskId: string): Promise<Record<string, unknown>> {
  const { status, body } = await harness.call("GET", `${V0}/tasks/${taskId}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/** `GET /tasks`, with the ids of its page. */
export async function listTasks(harness: Harness, query = "") {
  const { status, body } = await harness.call("GET", `${V0}/tasks${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  const ids = (body.data.tasks as { task_id: string }[]).map((task) => task.task_id);
  return { ...body.data, ids } as {
    ids: string[];
    total: number;
    limit: number;
    offset: number;
    next_cursor: string | null;
    tasks: Record<string, unknown>[];
  };
}

/** A clock that stands still until it is told otherwise. */
export function standingClock(at = new Date(2025, 6, 2, 22, 57, 21, 317).getTime()) {
  const clock = { now: at, read: () => clock.now };
  return clock;
}
