import assert from "node:assert/strict";
import { boot, V0 } from "./_harness.ts";
import { assertDeclared, assertFrame, type Given } from "./_support/declared.ts";
import { taskDetailSchema } from "../routes/api/v1/_outputs.ts";
import { V1 } from "./_support/background.ts";

Deno.test("assertDeclared refuses whatever an operation does not declare", async () => {
  await using server = await boot();
  const { status, headers, body } = await server.call("GET", `${V0}/tasks`);
  const right: Given = {
    method: "GET",
    url: new URL(`${server.url}${V0}/tasks?limit=1`),
    status,
    headers,
    text: JSON.stringify(body),
    error_code: undefined,
  };
  const check = (change: Partial<Given>) => () => assertDeclared({ ...right, ...change });
  const says = (body: unknown) => check({ text: JSON.stringify(body) });
  const without = (name: string) => {
    const fewer = new Headers(headers);
    fewer.delete(name);
    return fewer;
  };
  check({})();
  assert.throws(says({ ...body, extra: 1 }), /extra/);
  assert.throws(says({ ...body, data: { ...body.data, extra: 1 } }), /extra/);
  assert.throws(says({ ...body, data: { ...body.data, total: "1" } }), /total/);
  assert.throws(says({ ...body, code: 201 }), /201/);
  assert.throws(check({ status: 202 }), /does not declare 202/);
  assert.throws(check({ error_code: "task_not_found" }), /does not declare task_not_found/);
  for (const name of ["x-request-id", "content-type", "etag"]) {
    assert.throws(check({ headers: without(name) }), new RegExp(name));
  }
  const refused = { success: false, code: 400, message: "m" };
  const refusal = (error_code: Given["error_code"]) =>
    check({ status: 400, text: JSON.stringify(refused), error_code });
  refusal("invalid_input")();
  refusal("unknown")();
  assert.throws(refusal(undefined), /does not declare undefined/);
  assert.throws(refusal("malformed_json"), /does not declare malformed_json/);
  assert.throws(check({ status: 409, error_code: "task_exists" }), /does not declare 409/);
  check({ method: "HEAD", text: "" })();
  assert.throws(check({ method: "HEAD" }));
  const nowhere = new URL(`${server.url}/nowhere`);
  check({ url: nowhere, status: 404, text: '{"error":"e"}', error_code: "route_not_found" })();
  assert.throws(check({ url: nowhere }), /does not declare 200/);
});

Deno.test("assertFrame refuses events that are not declared, and data that does not fit", async () => {
  await using server = await boot();
  const { body } = await server.call("POST", V1, { project_id: 1, task_type: "ocr" });
  const data = body.data;
  const frame = (data: unknown, event = "task") => `id: 1\nevent: ${event}\ndata: ${JSON.stringify(data)}`;
  const check = (frame: string) => () => assertFrame(frame, { task: taskDetailSchema });
  check(frame(data))();
  check(": heartbeat")();
  assert.throws(check(frame({ ...data, extra: 1 })), /extra/);
  assert.throws(check(frame(data, "other")), /other is not declared/);
  assert.throws(check(frame(data).replace("id: 1\n", "")), /no event/);
});

Deno.test("boot fails a test whose server gave an answer that is not declared, however it was asked", async () => {
  await assert.rejects(async () => {
    await using server = await boot();
    server.app.tasks.list = () => Promise.resolve({ rows: [], total: -1, hasMore: false });
    await (await fetch(`${server.url}${V0}/tasks`)).body?.cancel();
  }, /total/);
});
