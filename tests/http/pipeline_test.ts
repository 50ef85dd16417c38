/** That the steps come in their order: of two reasons to refuse, the earlier step's is told. */
import assert from "node:assert/strict";
import { boot, V0 } from "../_harness.ts";
import { rawRequest } from "../_support/raw_http.ts";

const LONG = `?x=${"x".repeat(17_000)}`;
const WRONG_KEY = { authorization: `Bearer pk_${"0".repeat(12)}_${"0".repeat(48)}` };
const HALF_JSON = "{";

Deno.test("answerRequest refuses with the first step that has a reason to", async (t) => {
  await using server = await boot({ open_without_keys: false });
  await server.app.tasks.register({ task_id: "kept" });
  const { api_key } = await server.app.keys.create("reader", "read");
  const reader = { authorization: `Bearer ${api_key}` };
  const kept = `${V0}/tasks/kept`;
  const evil = { host: "evil.example" };
  const table: [
    name: string,
    method: string,
    target: string,
    body: string,
    headers: Record<string, string>,
    status: number,
  ][] = [
    ["a foreign host, before the URL's length", "GET", kept + LONG, "", evil, 421],
    ["a foreign host, before the path", "GET", "/nowhere", "", evil, 421],
    ["a foreign origin, before the key", "DELETE", kept, "", { origin: "http://evil.example" }, 403],
    ["the URL's length, before the path", "GET", `/nowhere${LONG}`, "", {}, 414],
    ["the path, before the key", "DELETE", `${V0}/nowhere`, "", WRONG_KEY, 404],
    ["the method, before the key", "PUT", kept, "", WRONG_KEY, 405],
    ["the key, before the body", "DELETE", kept, HALF_JSON, WRONG_KEY, 401],
    ["the role, before the body", "DELETE", kept, HALF_JSON, reader, 403],
    ["the query, before the handler", "GET", `${V0}/tasks?limit=x`, "", reader, 400],
    ["the handler", "GET", `${V0}/tasks/none`, "", reader, 404],
  ];
  const state =
    async () => [await server.app.tasks.get("kept"), await server.app.log.page({}, { limit: 9, offset: 0 })];
  const before = await state();
  for (const [name, method, target, body, headers, status] of table) {
    await t.step(name, async () => {
      const answer = await rawRequest(server.url, method, target, body, headers);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
      assert.deepEqual(await state(), before);
    });
  }
});

Deno.test("answerRequest lets a step that threw what nobody foresaw be 500, and goes on answering", async () => {
  await using server = await boot();
  server.app.tasks.get = () => Promise.reject(new TypeError("/secret"));
  const { status, body } = await server.call("GET", `${V0}/tasks/a`);
  assert.deepEqual([status, body.message], [500, "服务器内部错误，请稍后重试"]);
  assert.equal((await server.call("GET", "/healthz")).status, 200);
});
