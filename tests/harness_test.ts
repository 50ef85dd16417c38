import assert from "node:assert/strict";
import { assertDeclared, boot } from "./_harness.ts";

Deno.test("assertDeclared refuses a field, a type and a status that the operation does not declare", async () => {
  await using server = await boot();
  const answer = await server.call("GET", "/api/v0/data_pipeline/tasks");
  const { body } = answer;
  const check = (body: unknown, status = 200) =>
    assertDeclared("GET", "/api/v0/data_pipeline/tasks?limit=1", { ...answer, body, status });
  check(body);
  assert.throws(() => check({ ...body, extra: 1 }), /extra/);
  assert.throws(() => check({ ...body, data: { ...body.data, extra: 1 } }), /extra/);
  assert.throws(() => check({ ...body, data: { ...body.data, total: "1" } }), /total/);
  assert.throws(() => check(body, 202), /does not declare 202/);
});
