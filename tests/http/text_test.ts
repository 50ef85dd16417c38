/** Text that the database would cut or replace is refused wherever it enters: it would name somebody else. */
import assert from "node:assert/strict";
import { inspectJson } from "../../http/json_text.ts";
import { isText } from "../../http/text.ts";
import { boot, V0 } from "../_harness.ts";
import { V1 } from "../_support/background.ts";
import { withStore } from "../_support/store.ts";
import { rawRequest } from "../_support/raw_http.ts";

Deno.test("isText refuses U+0000 and half of a surrogate pair, and nothing else", () => {
  for (const text of ["\0", "alice\0evil", "\ud800", "a\udc00b", "\udc00\ud800"]) assert.ok(!isText(text));
  for (const text of ["", "a", "任务", "😀", "\ufffd", "\n\x01\x7f", "\\u0000", "\ufeff"]) {
    assert.ok(isText(text));
  }
});

Deno.test("inspectJson names each value, and each name, that is no text", () => {
  const table: [text: string, places: string[]][] = [
    ['{"a":"\\u0000"}', ["a"]],
    ['{"a":"\\\\u0000","b":"\\\\\\u0000"}', ["b"]],
    ['{"a":"\\ud83d\\ude00","b":"\\ud83d","c":"\\ude00","d":"\\ud83dx\\ude00"}', ["b", "c", "d"]],
    ['{"a":{"b":[1,"x",{"c":"\\uD800"}]}}', ["a.b.2.c"]],
    ['{"a":{"x\\u0000":1}}', ["a.x\0"]],
    ['["\\u0000"]', ["0"]],
    ['"\\u0000"', [""]],
    ['{"a":"\\u0001\\n\\"\\ufffd\\u00e4 u0000"}', []],
  ];
  for (const [text, places] of table) {
    JSON.parse(text);
    assert.deepEqual(inspectJson(text).noText, { paths: places, more: 0 }, text);
  }
});

const NO_TEXT: [name: string, json: string][] = [
  ["NUL", '"alice\\u0000evil"'],
  ["NUL at the end", '"alice\\u0000"'],
  ["only NUL", '"\\u0000"'],
  ["half a pair", '"alice\\ud800"'],
  ["the other half", '"\\udfffalice"'],
];

Deno.test("a body with text that is none is 400 and names the field, in every family", async (t) => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "task_a", created_by: "alice" });
  await server.app.tasks.register({ task_id: "task_b", created_by: "alice\ufffd" });
  const { api_key } = await server.app.keys.create("k", "admin");
  const headers = { authorization: `Bearer ${api_key}` };
  const base = `/public/${(await server.app.projects.list())[0]!.project_key}`;
  const task = '"project_id":1,"task_type":"ocr"';
  const table: [method: string, path: string, body: string, field: string][] = [
    ["POST", `${base}/jobs`, '{"action":"delete_user_data","referenceId":@}', "referenceId"],
    [
      "POST",
      `${base}/jobs`,
      '{"action":"delete_tasks","referenceId":@,"params":{"task_ids":["task_a"]}}',
      "referenceId",
    ],
    [
      "POST",
      `${base}/jobs`,
      '{"action":"delete_tasks","params":{"task_ids":["task_a",@]}}',
      "params.task_ids.1",
    ],
    ["DELETE", `${V0}/tasks`, '{"confirm":true,"task_ids":[@,"task_a"]}', "task_ids.0"],
    ["POST", `${V0}/tasks`, '{"task_id":@}', "task_id"],
    ["POST", `${V0}/tasks`, '{"created_by":@}', "created_by"],
    ["POST", `${V0}/tasks`, '{"business_context":@}', "business_context"],
    ["POST", `${V0}/tasks`, '{"steps":[@]}', "steps.0"],
    ["POST", `${V0}/tasks`, '{"parameters":{"a":{"b":[@]}}}', "parameters.a.b.0"],
    ["PATCH", `${V0}/tasks/task_a`, '{"result":@}', "result"],
    ["PATCH", `${V0}/tasks/task_a`, '{"error_message":@}', "error_message"],
    ["PATCH", `${V0}/tasks/task_a/steps/qa_generation`, '{"execution_id":@}', "execution_id"],
    ["POST", V1, `{${task},"params":{"a":@}}`, "params.a"],
    ["POST", V1, `{${task},"idempotency_key":@}`, "idempotency_key"],
    ["POST", `${V1}/claim`, '{"worker":@}', "worker"],
    ["PATCH", `${V1}/1`, '{"lease_token":"t","status":"failed","error_message":@}', "error_message"],
    ["PATCH", `${V1}/1`, '{"lease_token":"t","status":"completed","result":{"a":@}}', "result.a"],
  ];
  for (const [method, path, body, field] of table) {
    for (const [name, json] of NO_TEXT) {
      await t.step(`${method} ${path} ${field}: ${name}`, async () => {
        const before = everything();
        const answer = await server.call(method, path, body.replace("@", json), headers);
        assert.equal(answer.status, 400, JSON.stringify(answer.body));
        assert.ok((answer.body.message ?? answer.body.error).match(/U\+0000/));
        if (path.startsWith(V0)) assert.deepEqual(answer.body.invalid_params, [field]);
        else assert.ok((answer.body.message ?? answer.body.error).startsWith(`${field}: `));
        assert.deepEqual(everything(), before);
      });
    }
  }
  await t.step("a name", async () => {
    const answer = await server.call("POST", V1, `{${task},"params":{"a\\u0000":1}}`, headers);
    assert.equal(answer.body.message, "params.a\\u0000: must not hold U+0000 or half of a surrogate pair");
  });
  await t.step("a whole pair, and U+FFFD itself, are text", async () => {
    const body = `{${task},"params":{"a":"\\ud83d\\ude00\\ufffd","b":"\\\\u0000"}}`;
    const answer = await server.call("POST", V1, body, headers);
    assert.deepEqual(answer.body.data.params, { a: "😀\ufffd", b: "\\u0000" });
  });
  function everything(): unknown {
    return withStore(
      server,
      (store) =>
        ["data_pipeline_tasks", "data_pipeline_task_steps", "jobs", "deletions", "background_tasks"]
          .map((table) => store.prepare(`SELECT * FROM ${table}`).all()),
    );
  }
});

Deno.test("a path or a query with text that is none is 400 and names the field", async (t) => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "task_a", created_by: "alice", task_name: "\ufffd" });
  const { api_key } = await server.app.keys.create("k", "admin");
  const headers = { authorization: `Bearer ${api_key}` };
  const base = `/public/${(await server.app.projects.list())[0]!.project_key}`;
  const table: [method: string, path: string, field: string][] = [
    ...["alice%00evil", "alice%00", "%00", "alice%ED%A0%80", "alice%ff", "alice%", "%u0061lice"]
      .map((id): [string, string, string] => ["DELETE", `${base}/users/${id}`, "userId"]),
    ["GET", `${base}%00/jobs`, "projectKey"],
    ["PATCH", `${V0}/tasks/task_a/steps/qa_generation%00x`, "step_name"],
    ["GET", `${V0}/tasks/task_a%00`, "无效的任务ID"],
    ...["created_by=alice%00evil", "task_name=%00", "db_name=x%00"].flatMap((
      query,
    ): [string, string, string][] => [
      ["GET", `${V0}/tasks?${query}`, query.split("=")[0]!],
    ]),
    ["GET", `${V0}/tasks?task_name=%ED%A0%80`, "task_name"],
    ["GET", `${V0}/tasks?task_name=%ff`, "task_name"],
    ["GET", `${V0}/deletions?who=a%00`, "who"],
    ["GET", `${V0}/deletions?task_id=task_a%00`, "task_id"],
    ["GET", `${V1}?status=running%00`, "status"],
    ["GET", `${base}/jobs?order=asc%00`, "order"],
  ];
  for (const [method, path, field] of table) {
    await t.step(`${method} ${path}`, async () => {
      const body = method === "PATCH" ? '{"step_status":"running"}' : "";
      const { status, text } = await rawRequest(server.url, method, path, body, headers);
      assert.equal(status, 400, text);
      assert.ok(text.includes(field), text);
    });
  }
  assert.deepEqual((await server.call("GET", `${base}/jobs`, undefined, headers)).body.data, []);
  await t.step("a replacement character that was sent, and a lone percent sign, are text", async () => {
    for (const [query, total] of [["%EF%BF%BD", 1], ["\ufffd", 1], ["50%", 0]] as const) {
      const { body } = await server.call("GET", `${V0}/tasks?task_name=${query}`, undefined, headers);
      assert.equal(body.data.total, total, query);
    }
  });
});
