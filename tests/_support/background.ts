/** Background tasks, as the tests of /api/v1 make and look at them. */
import assert from "node:assert/strict";
import { type Answer, call, type Harness } from "../_harness.ts";
import { withStore } from "./store.ts";

export const V1 = "/api/v1/tasks";

/** A task as the API shows it. */
// deno-lint-ignore no-explicit-any
export type Shown = Record<string, any>;

/** Makes a task of project 1, a search unless told. */
export async function create(harness: Harness, order: Record<string, unknown> = {}): Promise<Shown> {
  const answer = await harness.call("POST", V1, { project_id: 1, task_type: "search", ...order });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.data;
}

/** Claims a task; undefined when there is none. */
export async function claim(
  harness: { url: string },
  request: Record<string, unknown> = {},
): Promise<Shown | undefined> {
  const answer = await call(harness.url, "POST", `${V1}/claim`, request);
  if (answer.status === 204) {
    assert.equal(answer.body, undefined);
    return undefined;
  }
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.data;
}

/** Makes a task and claims it, for a minute unless told. */
export async function claimed(
  harness: Harness,
  order: Record<string, unknown> = {},
  request: Record<string, unknown> = {},
): Promise<Shown> {
  const { id } = await create(harness, order);
  const task = await claim(harness, request);
  assert.ok(task !== undefined && task.id === id, `claimed ${task?.id}, not ${id}`);
  return task;
}

export function report(
  harness: { url: string },
  { id, lease_token }: Shown,
  changes: Record<string, unknown> = {},
): Promise<Answer> {
  return call(harness.url, "PATCH", `${V1}/${id}`, { lease_token, ...changes });
}

export async function detail(harness: Harness, id: number): Promise<Shown> {
  const answer = await harness.call("GET", `${V1}/${id}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.data;
}

/** Every column of every row: what a refusal must not change. */
export function rows(harness: Harness): Shown[] {
  return withStore(harness, (store) => store.prepare("SELECT * FROM background_tasks ORDER BY id").all());
}

/** Changes or makes rows as another process would. */
export function execute(harness: Harness, sql: string, ...values: (string | number | null)[]): void {
  withStore(harness, (store) => {
    store.prepare(sql).run(...values);
  });
}

/** `path` is under V1, `body` an object or raw text, `message` the whole of it or a pattern. */
export type Refusal = [
  name: string,
  method: string,
  path: string,
  body: unknown,
  status: number,
  message: string | RegExp,
];

/** Each answers in the v1 envelope, and leaves every row as it was. */
export async function assertRefusals(t: Deno.TestContext, harness: Harness, refusals: readonly Refusal[]) {
  const before = rows(harness);
  for (const [name, method, path, body, status, message] of refusals) {
    await t.step(name, async () => {
      assertRefused(await harness.call(method, V1 + path, body), status, message);
      assert.deepEqual(rows(harness), before);
    });
  }
}

export function assertRefused(answer: Answer, status: number, message: string | RegExp): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.deepEqual(Object.keys(answer.body), ["code", "message", "data"]);
  assert.equal(answer.body.code, status);
  assert.equal(answer.body.data, null);
  if (typeof message === "string") assert.equal(answer.body.message, message);
  else assert.match(answer.body.message, message);
}
