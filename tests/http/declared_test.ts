import assert from "node:assert/strict";
import { z } from "zod";
import { answersOf, errorsOf } from "../../http/declared.ts";
import { type Access, endpoint, type Method } from "../../http/endpoint.ts";
import { plainFamily } from "../../http/family.ts";

const responses = { 204: { description: "Nothing" } } as const;
const handler = () => ({ status: 204 as const, body: null });
const of = (access: Access) => endpoint({ summary: "s", access, responses, handler });
const listed = (method: Method, access: Access) => errorsOf(method, of(access)).sort().join(" ");

Deno.test("errorsOf lists an error only where a step can end in it", () => {
  const always = ["foreign_host", "internal", "invalid_host", "url_too_long"];
  const keyed = ["too_many_failures", "unauthorized"];
  const bodied = ["body_too_large", "body_too_slow", "foreign_origin", "invalid_input", "malformed_json"];
  const table: [method: Method, access: Access, codes: string[]][] = [
    ["GET", "open", always],
    ["GET", "read", [...always, ...keyed]],
    ["GET", "write", [...always, ...keyed, "role_too_low"]],
    ["POST", "open", [...always, ...bodied]],
    ["DELETE", "admin", [...always, ...keyed, ...bodied, "role_too_low"]],
  ];
  for (const [method, access, codes] of table) {
    assert.equal(listed(method, access), codes.sort().join(" "), `${method} ${access}`);
  }
  const withParams = endpoint({
    summary: "s",
    access: "open",
    params: () => z.object({}),
    responses,
    handler,
  });
  assert.ok(errorsOf("GET", withParams).includes("invalid_input"));
  const own = endpoint({ summary: "s", access: "open", errors: ["task_not_found"], responses, handler });
  assert.ok(errorsOf("GET", own).includes("task_not_found"));
});

Deno.test("answersOf gives each status its codes, headers and media types", () => {
  const answers = answersOf("POST", of("read"), plainFamily);
  assert.deepEqual([...answers.keys()].sort(), [204, 400, 401, 403, 408, 413, 414, 421, 429, 500]);
  assert.deepEqual(answers.get(400)!.errors, ["invalid_host", "invalid_input", "malformed_json"]);
  assert.deepEqual(Object.keys(answers.get(429)!.headers), ["retry-after"]);
  assert.deepEqual(answers.get(204), { content: [], headers: {}, errors: [] });
  const remembered = answersOf("GET", { ...of("read"), remembered: true }, plainFamily);
  assert.deepEqual(Object.keys(remembered.get(304)!.headers), ["etag"]);
});

Deno.test("answersOf knows a text that may be sent in place of data, and answers of which some are remembered", () => {
  const listing = endpoint({
    summary: "s",
    access: "open",
    remembered: (search) => !search.has("csv"),
    responses: {
      200: { description: "Either", data: () => z.int(), alternative: "text/csv; charset=utf-8" },
    },
    handler: ({ headers }) => headers.has("x") ? { data: 1 } : { body: "1\r\n" },
  });
  const answers = answersOf("GET", listing, plainFamily);
  assert.deepEqual(answers.get(200)!.content, ["application/json", "text/csv; charset=utf-8"]);
  assert.deepEqual(answers.get(200)!.headers, {});
  assert.ok(answers.has(304));
});
