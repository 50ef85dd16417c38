/** What is refused of a body before anybody acts on it. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { boot, until, V0 } from "../_harness.ts";

Deno.test("an operation without a body refuses one: a dry_run is never overlooked", async () => {
  await using server = await boot();
  const { api_key } = await server.app.keys.create("k", "admin");
  const headers = { authorization: `Bearer ${api_key}` };
  const base = `/public/${(await server.app.projects.list())[0]!.project_key}`;
  for (
    const [body, status] of [
      [{ dry_run: true }, 400],
      ['{"dry_run"', 400],
      [`{"x":"${"y".repeat(1024 * 1024)}"}`, 413],
    ] as const
  ) {
    const answer = await server.call("DELETE", `${base}/users/u`, body, headers);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.deepEqual((await server.call("GET", `${base}/jobs`, undefined, headers)).body.data, []);
  }
  assert.equal((await server.call("DELETE", `${base}/users/u`, {}, headers)).status, 200);
  assert.equal((await server.call("DELETE", `${base}/jobs/1`, { dry_run: true }, headers)).status, 400);
  assert.equal(
    (await server.call("GET", `${base}/jobs/1`, undefined, headers)).body.data.status,
    "scheduled",
  );
});

Deno.test("a field that is given twice is refused by name, at every depth", async () => {
  await using server = await boot();
  server.fill("task_a", { "a.txt": "a" });
  const before = await server.snapshot();
  const table: [method: string, path: string, body: string, names: string[]][] = [
    ["DELETE", "/tasks", '{"task_ids":["task_a"],"dry_run":true,"dry_run":false,"confirm":true}', [
      "dry_run",
    ]],
    ["DELETE", "/tasks", '{"task_ids":["task_a"],"confirm" : false, "confirm":true}', ["confirm"]],
    ["DELETE", "/tasks", '{"task_ids":["task_a"],"\\u0063onfirm":false,"confirm":true}', ["confirm"]],
    ["DELETE", "/tasks/task_a", '{"confirm":false,"confirm":true}', ["confirm"]],
    ["POST", "/tasks", '{"task_id":"t","parameters":{"a":{"b":[0,{"c":1,"c":2}]}}}', ["parameters.a.b.1.c"]],
    ["PATCH", "/tasks/task_a", '{"result":[{"a":1,"a":1}],"result":1}', ["result.0.a", "result"]],
  ];
  for (const [method, path, body, names] of table) {
    const { status, body: answer } = await server.call(method, V0 + path, body);
    assert.equal(status, 400, body);
    assert.deepEqual(answer.invalid_params, names);
    assert.ok(answer.message.includes(names[0]), answer.message);
  }
  assert.deepEqual(await server.snapshot(), before);
  const apart = '{"task_id":"t","parameters":{"a":[{"x":1},{"x":2}],"confirm":"x\\"","b":"confirm"}}';
  assert.equal((await server.call("POST", `${V0}/tasks`, apart)).status, 201);
});

Deno.test("a job whose params say a thing twice is not made", async () => {
  await using server = await boot();
  const headers = { authorization: `Bearer ${(await server.app.keys.create("k", "admin")).api_key}` };
  const base = `/public/${(await server.app.projects.list())[0]!.project_key}`;
  const body = '{"action":"cleanup","params":{"older_than":"30d","keep_last":20,"keep_last":0}}';
  const { status, body: answer } = await server.call("POST", `${base}/jobs`, body, headers);
  assert.deepEqual([status, answer], [400, { error: "params.keep_last: given more than once" }]);
  assert.deepEqual((await server.call("GET", `${base}/jobs`, undefined, headers)).body.data, []);
});

Deno.test("a database that another process holds delays writers, and nobody else", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "task_a" });
  const other = new DatabaseSync(`${server.folder}/pipekeep.db`);
  await until(() => {
    try {
      other.exec("BEGIN IMMEDIATE");
      return true;
    } catch {
      /* the work of a start is still writing */
      return false;
    }
  }, "the database is held");
  const waiting = server.call("POST", `${V0}/tasks`, { task_id: "task_b" });
  const started = performance.now();
  for (let i = 0; i < 20; i++) assert.equal((await server.call("GET", "/healthz")).status, 200);
  assert.ok(performance.now() - started < 3000, "the event loop goes on");
  other.exec("ROLLBACK");
  other.close();
  assert.equal((await waiting).status, 201);
});

Deno.test("a body that does not arrive in time is 408, keeps no stop waiting, and nothing is done", async (t) => {
  await using server = await boot({ body_time_ms: 100 });
  await server.app.tasks.register({ task_id: "kept" });
  const before = await server.snapshot();
  const { port, host } = new URL(server.url);
  const held: Deno.Conn[] = [];
  const head = (length: string) => `DELETE ${V0}/tasks/kept HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n\r\n`;
  const table: [name: string, sent: string, drip: string][] = [
    ["never begins", head("Content-Length: 16"), ""],
    ["stops before the end", head("Content-Length: 16") + '{"confirm":true', ""],
    ["drips", head("Content-Length: 1000") + '{"confirm":true}', " "],
    ["stops before the last chunk", head("Transfer-Encoding: chunked") + '10\r\n{"confirm":true}\r\n', ""],
  ];
  for (const [name, sent, drip] of table) {
    await t.step(name, async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      const bytes = (text: string) => new TextEncoder().encode(text);
      await connection.write(bytes(sent));
      const dripping = setInterval(() => void connection.write(bytes(drip)).catch(() => {}), 10);
      try {
        const buffer = new Uint8Array(4096);
        const answer = new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
        assert.match(answer, /^HTTP\/1\.1 408 /);
        assert.match(answer, /\r\nconnection: close\r\n/i);
        assert.match(answer, /"code":408,"message":"请求体传输超时"/);
        held.push(connection);
      } finally {
        clearInterval(dripping);
      }
    });
  }
  assert.deepEqual(await server.snapshot(), before);
  await t.step("a stop does not wait for the others", async () => {
    const started = performance.now();
    await server.restart();
    assert.ok(performance.now() - started < 5000);
    for (const connection of held) connection.close();
  });
  await t.step("one that arrives in time is read", async () => {
    assert.equal((await server.call("DELETE", `${V0}/tasks/kept`, { confirm: true })).status, 200);
  });
});
