/** `__proto__` is a name like any other in JSON: kept as it was sent, or refused by name; never dropped. */
import assert from "node:assert/strict";
import { boot, V0 } from "../_harness.ts";
import { V1 } from "../_support/background.ts";

const PROTO = '{"__proto__":{"admin":true},"constructor":{"prototype":{}},"a":[{"__proto__":1}]}';

Deno.test("__proto__ is kept as it was sent where any JSON is taken", async () => {
  await using server = await boot();
  const made = await server.call("POST", `${V0}/tasks`, `{"task_id":"t","parameters":${PROTO}}`);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const read = async () => (await server.call("GET", `${V0}/tasks/t`)).body.data;
  assert.equal(JSON.stringify((await read()).parameters), PROTO);
  for (const result of [PROTO, `[${PROTO}]`, '"__proto__"', "1", "false", "null"]) {
    const answer = await server.call("PATCH", `${V0}/tasks/t`, `{"result":${result}}`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(JSON.stringify((await read()).result), result);
  }
  const task = await server.call("POST", V1, `{"project_id":1,"task_type":"ocr","params":${PROTO}}`);
  assert.equal(JSON.stringify(task.body.data.params), PROTO);
});

Deno.test("__proto__ is refused by name where only known fields are taken", async (t) => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "t" });
  const headers = { authorization: `Bearer ${(await server.app.keys.create("k", "admin")).api_key}` };
  const base = `/public/${(await server.app.projects.list())[0]!.project_key}`;
  const table: [method: string, path: string, body: string, field: string][] = [
    ["DELETE", `${V0}/tasks`, '{"task_ids":["t"],"confirm":true,"__proto__":{"dry_run":true}}', "__proto__"],
    ["DELETE", `${V0}/tasks`, '{"__proto__":{"task_ids":["t"],"confirm":true}}', "__proto__"],
    ["DELETE", `${V0}/tasks/t`, '{"confirm":true,"\\u005f_proto__":1}', "__proto__"],
    ["POST", `${V0}/tasks`, '{"task_id":"u","__proto__":{}}', "__proto__"],
    ["PATCH", `${V0}/tasks/t`, '{"__proto__":{"status":"running"}}', "__proto__"],
    ["PATCH", `${V0}/tasks/t/steps/qa_generation`, '{"__proto__":{"step_status":"running"}}', "__proto__"],
    ["POST", V1, '{"project_id":1,"task_type":"ocr","__proto__":null}', "__proto__"],
    ["POST", `${V1}/claim`, '{"__proto__":{}}', "__proto__"],
    ["POST", `${base}/jobs`, '{"action":"delete_user_data","referenceId":"u","__proto__":{}}', "__proto__"],
    [
      "POST",
      `${base}/jobs`,
      '{"action":"delete_user_data","referenceId":"u","params":{"__proto__":1}}',
      "params.__proto__",
    ],
    [
      "POST",
      `${base}/jobs`,
      '{"action":"delete_tasks","params":{"task_ids":["t"],"__proto__":{"force":true}}}',
      "params.__proto__",
    ],
    ["DELETE", `${base}/users/u`, '{"__proto__":{"dry_run":true}}', "__proto__"],
    ["GET", `${V0}/tasks?__proto__=x`, "", "__proto__"],
    ["GET", `${V1}?__proto__=x`, "", "__proto__"],
  ];
  for (const [method, path, body, field] of table) {
    await t.step(`${method} ${path} ${body}`, async () => {
      const before = await server.snapshot();
      const answer = await server.call(method, path, body === "" ? undefined : body, headers);
      assert.equal(answer.status, 400, JSON.stringify(answer.body));
      assert.ok(JSON.stringify(answer.body).includes(field), JSON.stringify(answer.body));
      assert.deepEqual(await server.snapshot(), before);
    });
  }
  assert.deepEqual((await server.call("GET", `${base}/jobs`, undefined, headers)).body.data, []);
});
