/** List, detail and making of background tasks. */
import assert from "node:assert/strict";
import { boot, type Harness } from "../../../_harness.ts";
import {
  claim,
  claimed,
  create,
  detail,
  execute,
  report,
  rows,
  type Shown,
  V1,
} from "../../../_support/background.ts";
import { standingClock } from "../../../_support/scenarios.ts";

/** Ids of a list, or of a page's items. */
async function ids(harness: Harness, query: string): Promise<number[]> {
  const { status, body } = await harness.call("GET", V1 + query);
  assert.equal(status, 200, JSON.stringify(body));
  return (body.data.items ?? body.data).map((task: Shown) => task.id);
}

Deno.test("POST /tasks makes a task with exactly the fields of the contract", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const params = { query: "机器学习", sources: ["semantic_scholar"], "": { n: [1.5, null] } };
  const answer = await harness.call("POST", V1, {
    project_id: 1,
    task_type: "search",
    params,
    total: 100,
    priority: -7,
    max_attempts: 5,
    run_at: "2025-07-02T23:00:00",
    idempotency_key: "k",
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("location"), `${V1}/1`);
  const task = {
    id: 1,
    project_id: 1,
    task_type: "search",
    status: "pending",
    progress: 0,
    total: 100,
    params,
    result: null,
    error_message: "",
    created_at: "2025-07-02T22:57:21.317000",
    started_at: null,
    completed_at: null,
    priority: -7,
    attempts: 0,
    max_attempts: 5,
    run_at: "2025-07-02T23:00:00",
    worker: null,
  };
  assert.deepEqual(answer.body, { code: 201, message: "success", data: task });
  const got = await harness.call("GET", `${V1}/1`);
  assert.deepEqual([got.status, got.body], [200, { code: 200, message: "success", data: task }]);
});

Deno.test("POST /tasks fills in what the body leaves out", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const { params, total, priority, max_attempts, run_at, created_at } = await create(harness);
  assert.deepEqual({ params, total, priority, max_attempts }, {
    params: {},
    total: 0,
    priority: 0,
    max_attempts: 3,
  });
  assert.equal(run_at, created_at);
});

Deno.test("POST /tasks keeps params as they were sent, to the limits", async () => {
  await using harness = await boot();
  const texts = [
    '{"__proto__": {"admin": true}, "constructor": 1}',
    `{"a": ${"[".repeat(99)}${"]".repeat(99)}}`,
    JSON.stringify({ text: "x\u0001\u001f😀 'é' \u2028 ''; DROP TABLE projects" }),
    JSON.stringify({ long: "长".repeat(300_000) }),
    '{"n": 1e300, "m": -0.5}',
  ];
  for (const text of texts) {
    const answer = await harness.call("POST", V1, `{"project_id": 1, "task_type": "ocr", "params": ${text}}`);
    assert.equal(answer.status, 201, text.slice(0, 100));
    const { params } = await detail(harness, answer.body.data.id);
    assert.deepEqual(JSON.stringify(params), JSON.stringify(JSON.parse(text)));
  }
});

Deno.test("POST /tasks with a known idempotency_key answers 200 with the same task", async () => {
  await using harness = await boot();
  const other = await harness.app.projects.create("other");
  const first = await create(harness, { idempotency_key: "once", total: 5 });
  const task = await claim(harness);
  await report(harness, task!, { progress: 2 });
  const before = rows(harness);
  // Whatever else it says: it may be a client that does not know its first request arrived.
  for (const change of [{}, { total: 9, task_type: "ocr", params: { other: true } }]) {
    const again = await harness.call("POST", V1, {
      project_id: 1,
      task_type: "search",
      idempotency_key: "once",
      ...change,
    });
    assert.equal(again.status, 200);
    assert.deepEqual([again.body.code, again.body.data], [200, await detail(harness, first.id)]);
    assert.deepEqual(rows(harness), before);
  }
  const elsewhere = await create(harness, { project_id: other.id, idempotency_key: "once" });
  assert.notEqual(elsewhere.id, first.id);
  assert.notEqual((await create(harness)).id, (await create(harness)).id);
});

Deno.test("POST /tasks with one idempotency_key makes one task, however many ask at once", async () => {
  await using harness = await boot();
  const answers = await Promise.all(
    Array.from(
      { length: 40 },
      (_, i) => harness.call("POST", V1, { project_id: 1, task_type: "index", idempotency_key: `k${i % 2}` }),
    ),
  );
  assert.equal(answers.filter((answer) => answer.status === 201).length, 2);
  assert.equal(answers.filter((answer) => answer.status === 200).length, 38);
  assert.equal(new Set(answers.map((answer) => answer.body.data.id)).size, 2);
  assert.equal(rows(harness).length, 2);
});

Deno.test("GET /tasks lists the newest first, with exactly the fields of the contract", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await create(harness);
  clock.now += 1000;
  await create(harness, { params: { a: 1 }, total: 3, task_type: "crawl" });
  // As old as the second: the higher id goes first.
  await create(harness);
  clock.now -= 5000;
  await create(harness);
  const { body } = await harness.call("GET", V1);
  assert.deepEqual(Object.keys(body), ["code", "message", "data"]);
  assert.deepEqual(body.data.map((task: Shown) => task.id), [3, 2, 1, 4]);
  assert.deepEqual(body.data[1], {
    id: 2,
    project_id: 1,
    task_type: "crawl",
    status: "pending",
    progress: 0,
    total: 3,
    created_at: "2025-07-02T22:57:22.317000",
  });
});

Deno.test("GET /tasks narrows by project and status, together too", async () => {
  await using harness = await boot();
  const { id: other } = await harness.app.projects.create("other");
  await claimed(harness);
  await create(harness, { task_type: "ocr" });
  await create(harness, { project_id: other, task_type: "ocr" });
  await create(harness, { project_id: other, task_type: "dedup" });
  await harness.call("POST", `${V1}/4/cancel`);
  const table: [query: string, expected: number[]][] = [
    ["", [4, 3, 2, 1]],
    ["?project_id=1", [2, 1]],
    [`?project_id=${other}`, [4, 3]],
    ["?project_id=99", []],
    ["?project_id=0", []],
    ["?status=pending", [3, 2]],
    ["?status=running", [1]],
    ["?status=failed", []],
    [`?project_id=${other}&status=cancelled`, [4]],
    [`?project_id=${other}&status=running`, []],
    ["?project_id=01", [2, 1]],
  ];
  for (const [query, expected] of table) {
    assert.deepEqual(await ids(harness, query), expected, query);
    const paged = `${V1}${query === "" ? "?" : query + "&"}page=1`;
    const { data } = (await harness.call("GET", paged)).body;
    assert.deepEqual(
      [data.items.map((task: Shown) => task.id), data.total],
      [expected, expected.length],
      paged,
    );
  }
});

Deno.test("GET /tasks gives 50, unless told, and at most 1000", async () => {
  await using harness = await boot();
  insertMany(harness, 1010);
  const table: [query: string, count: number][] = [
    ["", 50],
    ["?limit=1", 1],
    ["?limit=0049", 49],
    ["?limit=1000", 1000],
    ["?limit=1001", 1000],
    ["?limit=99999999999999999999999999", 1000],
    ["?page=1", 50],
    ["?page=1&limit=20", 20],
    ["?page=11&limit=100", 10],
    ["?page_size=1000", 1000],
    ["?page_size=5000", 1000],
    ["?page=2&page_size=5000", 10],
    ["?page=102&page_size=10", 0],
    ["?page=9007199254740991&page_size=1000", 0],
  ];
  for (const [query, count] of table) assert.equal((await ids(harness, query)).length, count, query);
});

Deno.test("GET /tasks by page gives each task once, with exact totals", async () => {
  await using harness = await boot();
  insertMany(harness, 23);
  const seen: number[] = [];
  for (const page of [1, 2, 3, 4]) {
    const { body } = await harness.call("GET", `${V1}?page=${page}&page_size=10`);
    const { items, ...rest } = body.data;
    assert.deepEqual(rest, { total: 23, page, page_size: 10, total_pages: 3 });
    seen.push(...items.map((task: Shown) => task.id));
  }
  assert.deepEqual(seen, Array.from({ length: 23 }, (_, i) => 23 - i));
  await create(harness);
  const { data } = (await harness.call("GET", `${V1}?page_size=8`)).body;
  assert.deepEqual([data.total, data.total_pages, data.page], [24, 3, 1]);
  const none = (await harness.call("GET", `${V1}?page=1&status=failed`)).body.data;
  assert.deepEqual(none, { items: [], total: 0, page: 1, page_size: 50, total_pages: 0 });
});

Deno.test("GET /tasks and HEAD /tasks/{id} answer HEAD without a body, and 405 with Allow", async () => {
  await using harness = await boot();
  await create(harness);
  for (const path of [V1, `${V1}/1`]) {
    const get = await fetch(harness.url + path);
    const length = (await get.arrayBuffer()).byteLength;
    const head = await harness.call("HEAD", path);
    assert.deepEqual([head.status, head.body], [200, undefined]);
    assert.equal(head.headers.get("content-length"), String(length));
  }
  const table: [method: string, path: string, allow: string][] = [
    ["DELETE", V1, "GET, HEAD, POST"],
    ["DELETE", `${V1}/1`, "GET, HEAD, PATCH"],
    ["GET", `${V1}/claim`, "POST"],
    ["GET", `${V1}/1/cancel`, "POST"],
    ["POST", `${V1}/1/events`, "GET, HEAD"],
  ];
  for (const [method, path, allow] of table) {
    const answer = await harness.call(method, path);
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allow], `${method} ${path}`);
    assert.deepEqual([answer.body.code, answer.body.data], [405, null]);
  }
});

/** So many pending tasks of project 1, one millisecond apart. */
function insertMany(harness: Harness, count: number): void {
  execute(
    harness,
    `INSERT INTO background_tasks (project_id, task_type, status, progress, total, priority, attempts, max_attempts,
       version, created_at, run_at, due, error_message, params)
     SELECT 1, 'index', 'pending', 0, 0, 0, 0, 3, 1, value, value, 1, '', '{}' FROM json_each(?)`,
    JSON.stringify(Array.from({ length: count }, (_, i) => i + 1)),
  );
}
