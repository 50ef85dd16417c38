/** Who gets which task. */
import assert from "node:assert/strict";
import { boot } from "../../../_harness.ts";
import { assertRefused, claim, create, detail, report, rows, V1 } from "../../../_support/background.ts";
import { assertLike, standingClock } from "../../../_support/scenarios.ts";

Deno.test("POST /tasks/claim gives the detail with a lease, and only here its token", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const made = await create(harness, { total: 4, params: { q: "x" } });
  clock.now += 1000;
  const answer = await harness.call("POST", `${V1}/claim`, { worker: "w 1", lease_seconds: 30 });
  assert.deepEqual([answer.status, answer.body.code, answer.body.message], [200, 200, "success"]);
  const { lease_token, lease_expires_at, ...task } = answer.body.data;
  assert.deepEqual(task, {
    ...made,
    status: "running",
    attempts: 1,
    started_at: "2025-07-02T22:57:22.317000",
    worker: "w 1",
  });
  assert.equal(lease_expires_at, "2025-07-02T22:57:52.317000");
  assert.match(lease_token, /^[0-9a-f-]{36}$/);
  assert.deepEqual(await detail(harness, made.id), task);
  for (const path of [V1, `${V1}?page=1`, `${V1}/${made.id}`]) {
    assert.ok(!JSON.stringify((await harness.call("GET", path)).body).includes(lease_token), path);
  }
  const { body } = await report(harness, answer.body.data, { progress: 1 });
  assert.ok(!JSON.stringify(body).includes(lease_token));
});

Deno.test("POST /tasks/claim without a worker's name takes the caller's, and a lease of a minute", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await create(harness);
  const answer = await harness.call("POST", `${V1}/claim`);
  assertLike(answer.body.data, { worker: "127.0.0.1", lease_expires_at: "2025-07-02T22:58:21.317000" });
});

Deno.test("POST /tasks/claim answers 204 without a body when nothing is due", async () => {
  await using harness = await boot();
  const nothing = async () => {
    const answer = await harness.call("POST", `${V1}/claim`, { task_types: ["ocr", "index"] });
    assert.deepEqual([answer.status, answer.body], [204, undefined]);
    assert.match(answer.headers.get("x-request-id") ?? "", /./);
    assert.equal(answer.headers.get("content-type"), null);
  };
  await nothing();
  await create(harness, { task_type: "search" });
  await create(harness, { task_type: "ocr", run_at: "2999-01-01" });
  await harness.call("POST", `${V1}/${(await create(harness, { task_type: "ocr" })).id}/cancel`);
  const before = rows(harness);
  await nothing();
  assert.deepEqual(rows(harness), before);
});

Deno.test("POST /tasks/claim goes by priority, then created_at, then id, over the types it names", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const make = (task_type: string, priority: number) => create(harness, { task_type, priority });
  await make("search", 0); // 1
  await make("ocr", 0); // 2, as old as 1
  clock.now += 1;
  await make("ocr", 5); // 3
  await make("crawl", -1); // 4
  clock.now += 1;
  await make("search", 5); // 5
  await make("dedup", 1000); // 6
  clock.now -= 1000;
  await make("search", 0); // 7, the oldest
  const order: [request: Record<string, unknown>, expected: number | undefined][] = [
    [{ task_types: ["keyword_expand"] }, undefined],
    [{ task_types: ["search", "ocr", "search"] }, 3],
    [{ task_types: ["ocr", "search"] }, 5],
    [{ task_types: ["crawl"] }, 4],
    [{}, 6],
    [{}, 7],
    [{}, 1],
    [{ task_types: ["search", "index"] }, undefined],
    [{ task_types: ["search", "dedup", "crawl", "ocr", "index", "keyword_expand"] }, 2],
    [{}, undefined],
  ];
  for (const [request, expected] of order) assert.equal((await claim(harness, request))?.id, expected);
});

Deno.test("POST /tasks/claim leaves a task alone until its run_at", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await create(harness, { run_at: "2025-07-02T22:58:21.317", priority: 9 });
  await create(harness, { run_at: new Date(clock.now + 60_001).toISOString(), priority: 10 });
  await create(harness, { run_at: "2020-01-01T00:00:00" });
  clock.now += 59_000;
  assert.equal((await claim(harness))?.id, 3);
  assert.equal(await claim(harness), undefined);
  clock.now += 2000;
  assert.equal((await claim(harness))?.id, 2);
  assert.equal((await claim(harness))?.id, 1);
});

Deno.test("POST /tasks/claim gives each of 200 tasks to exactly one of 24 workers", async () => {
  await using harness = await boot();
  const types = ["search", "ocr", "index"];
  for (let i = 0; i < 200; i += 50) {
    await Promise.all(
      Array.from(
        { length: 50 },
        (_, j) => create(harness, { task_type: types[j % 3], priority: (i + j) % 5 }),
      ),
    );
  }
  const claims: { id: number; worker: number; token: string; priority: number }[] = [];
  await Promise.all(Array.from({ length: 24 }, async (_, worker) => {
    const request = { worker: `w${worker}`, task_types: worker % 2 ? types : types.toReversed() };
    for (let task; (task = await claim(harness, request)) !== undefined;) {
      claims.push({ id: task.id, worker, token: task.lease_token, priority: task.priority });
      assert.equal(task.worker, `w${worker}`);
      if (task.id % 2) {
        assert.equal((await report(harness, task, { status: "completed" })).status, 200);
      }
    }
  }));
  assert.deepEqual(
    claims.map(({ id }) => id).toSorted((a, b) => a - b),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
  assert.equal(new Set(claims.map(({ token }) => token)).size, 200);
  assert.ok(new Set(claims.map(({ worker }) => worker)).size > 1);
  for (const row of rows(harness)) {
    assertLike(row, { attempts: 1, status: row.id % 2 ? "completed" : "running" });
  }
});

Deno.test("with keys made, /tasks is read with any key and worked on with one of role write", async () => {
  await using harness = await boot();
  const { id } = await create(harness);
  const reader = await harness.app.keys.create("reader", "read");
  const worker = await harness.app.keys.create("night worker", "write");
  const as = (api_key: string) => ({ authorization: `Bearer ${api_key}` });
  const reads = ["", "?page=1", `/${id}`];
  const writes: [method: string, path: string, body?: unknown][] = [
    ["POST", "", { project_id: 1, task_type: "ocr" }],
    ["POST", "/claim"],
    ["PATCH", `/${id}`, { lease_token: "x" }],
    ["POST", `/${id}/cancel`],
  ];
  const before = rows(harness);
  for (const path of [...reads, `/${id}/events`]) {
    assertRefused(await harness.call("GET", V1 + path), 401, /API key/);
    assertRefused(await harness.call("GET", V1 + path, undefined, as("pk_wrong")), 401, /API key/);
  }
  for (const [method, path, body] of writes) {
    assertRefused(await harness.call(method, V1 + path, body), 401, /API key/);
    assertRefused(await harness.call(method, V1 + path, body, as(reader.api_key)), 403, /role read/);
  }
  assert.deepEqual(rows(harness), before);
  for (const path of reads) {
    assert.equal((await harness.call("GET", V1 + path, undefined, as(reader.api_key))).status, 200);
  }
  const { status, body } = await harness.call("POST", `${V1}/claim`, undefined, as(worker.api_key));
  assert.deepEqual([status, body.data.worker], [200, "night worker"]);
});
