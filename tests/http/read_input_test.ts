import assert from "node:assert/strict";
import { z } from "zod";
import { endpoint } from "../../http/endpoint.ts";
import { readInput } from "../../http/read_input.ts";
import { ENGLISH_WORDS } from "../../http/words.ts";

const takesAll = endpoint({
  summary: "takes all",
  access: "open",
  params: () => z.object({ id: z.string().regex(/^\d+$/).transform(Number) }),
  query: () => z.strictObject({ limit: z.string().optional() }),
  body: () => z.strictObject({ name: z.string().optional() }),
  responses: { 204: { description: "Nothing" } },
  handler: () => ({ status: 204, body: null }),
});
const takesNothing = { ...takesAll, params: undefined, query: undefined, body: undefined };

function read(of: typeof takesAll, method: string, search: string, body: string | undefined, id = "7") {
  const url = `http://localhost/${id}${search}`;
  const request = new Request(url, { method, body });
  return readInput(of, { request, url: new URL(url), parameters: { id } }, { words: ENGLISH_WORDS });
}

Deno.test("readInput gives path, query and body as the endpoint's schemas read them", async () => {
  assert.deepEqual(await read(takesAll, "POST", "?limit=5", '{"name":"n"}'), {
    params: { id: 7 },
    query: { limit: "5" },
    body: { name: "n" },
  });
  assert.deepEqual(await read(takesAll, "POST", "", undefined), { params: { id: 7 }, query: {}, body: {} });
});

Deno.test("readInput refuses the path before the body, and the body before the query", async () => {
  const refusal = (id: string, search: string, body: string) =>
    assert.rejects(read(takesAll, "POST", search, body, id), (error: Error & { code: string }) => {
      assert.equal(error.code, "invalid_input");
      assert.match(error.message, id === "x" ? /^id: / : body.includes("1") ? /^name: / : /^more: /);
      return true;
    });
  await refusal("x", "?more=1", '{"name":1}');
  await refusal("7", "?more=1", '{"name":1}');
  await refusal("7", "?more=1", "{}");
});

Deno.test("readInput refuses any field in the body of an operation without one", async () => {
  assert.deepEqual(await read(takesNothing, "DELETE", "", "{}"), {
    params: undefined,
    query: undefined,
    body: {},
  });
  await assert.rejects(read(takesNothing, "DELETE", "", '{"dry_run":true}'), {
    message: "dry_run: unknown field",
  });
  assert.equal((await read(takesNothing, "GET", "", undefined)).body, undefined);
});

Deno.test("readInput takes no query where something is destroyed: a link could say it", async () => {
  const destroys = { ...takesNothing, destructive: true };
  await assert.rejects(read(destroys, "DELETE", "?force=true", "{}"), {
    message: "force: belongs in the JSON body",
  });
  await assert.rejects(read(destroys, "DELETE", "?a=1&a=2", "{}"), { message: "a: given more than once" });
  await read(destroys, "DELETE", "?", "{}");
});
