import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../../../_harness.ts";
import { assertLike, assertRefusals, register, standingClock } from "../../../_support/scenarios.ts";

async function log(harness: Harness, query = "") {
  const { status, body } = await harness.call("GET", `${V0}/deletions${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body.data as { deletions: Record<string, unknown>[]; total: number; next_cursor: string | null };
}

Deno.test("GET /deletions says who asked for what, when, and what became of it", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "gone", "runs");
  harness.fill("gone", { "a": "123", "b/c": "45" });
  await harness.call("PATCH", `${V0}/tasks/runs`, { status: "running" });
  const options = { confirm: true, delete_database_records: true, task_ids: ["gone", "runs", "nowhere"] };
  await harness.call("DELETE", `${V0}/tasks`, options, { "x-request-id": "the-request" });
  const { body } = await harness.call("GET", `${V0}/deletions`);
  assertLike(body, { success: true, code: 200, data: { total: 3, limit: 50, offset: 0, next_cursor: null } });
  const rows = Object.fromEntries(
    body.data.deletions.map((row: { task_id: string }) => [row.task_id, row]),
  );
  const common = {
    who: "127.0.0.1",
    request_id: "the-request",
    job_id: null,
    requested_at: "2025-07-02T22:57:21.317000",
    options: { delete_database_records: true, force: false },
  };
  assertLike(rows, {
    gone: {
      ...common,
      outcome: "purged",
      directory_deleted: true,
      deleted_files_count: 2,
      deleted_size: "5 B",
      deleted_size_bytes: 5,
      duration_ms: 0,
      error: null,
    },
    runs: {
      ...common,
      outcome: "failed",
      directory_deleted: false,
      error: "任务正在运行中，无法删除",
      error_code: "TASK_RUNNING",
    },
    nowhere: { ...common, outcome: "failed", error: "任务目录不存在", error_code: "DELETE_FAILED" },
  });
});

Deno.test("GET /deletions counts blocks, directories and links beside files and bytes", async () => {
  await using harness = await boot();
  await register(harness, "a", "b", "c");
  harness.fill("a", { "x": "1".repeat(5000), "sub/y": "2" });
  Deno.symlinkSync("x", `${harness.trainingData}/a/link`);
  harness.fill("b", { "y": "2" });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["b", "c"], confirm: true });
  const of = async (id: string) => (await log(harness, `?task_id=${id}`)).deletions;
  const [nothing, a] = await of("a");
  assertLike(a, { deleted_files_count: 3, deleted_size_bytes: 5002, directories_count: 2, links_count: 1 });
  const { allocated_bytes, freed_bytes, free_bytes_change } = a as Record<string, number>;
  assert.ok(allocated_bytes! >= 8192 && freed_bytes === allocated_bytes, JSON.stringify(a));
  assert.ok(Number.isSafeInteger(free_bytes_change));
  assertLike(nothing, { allocated_bytes: 0, freed_bytes: 0, directories_count: 0, links_count: 0 });
  // What the free space did while two were removed cannot be said of each.
  assertLike((await of("b"))[0], { outcome: "purged", free_bytes_change: null });
});

Deno.test("GET /deletions calls freed what no name outside keeps, and counts lengths by name", async () => {
  await using harness = await boot();
  await register(harness, "a");
  harness.fill("a", { "inside": "1".repeat(10_000), "outside": "2".repeat(10_000) });
  const place = `${harness.trainingData}/a`;
  Deno.linkSync(`${place}/inside`, `${place}/inside_too`);
  Deno.linkSync(`${place}/outside`, `${harness.folder}/kept`);
  const { blocks } = Deno.lstatSync(`${place}/outside`);
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  const { deletions: [row] } = await log(harness);
  assertLike(row, { deleted_files_count: 3, deleted_size_bytes: 30_000 });
  const { allocated_bytes, freed_bytes } = row as Record<string, number>;
  assert.equal(allocated_bytes! - freed_bytes!, blocks! * 512);
  assert.equal(Deno.readTextFileSync(`${harness.folder}/kept`), "2".repeat(10_000));
});

Deno.test("GET /deletions calls nothing freed that waits in the trash", async () => {
  await using harness = await boot({ config: { trash_retention_ms: 3_600_000 } });
  await register(harness, "a");
  harness.fill("a", { "x": "1" });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  const { deletions: [row] } = await log(harness);
  assertLike(row, { outcome: "trashed", freed_bytes: null, directories_count: 1 });
});

Deno.test("GET /deletions has one entry per attempt, none for a dry run or a refused request", async () => {
  await using harness = await boot();
  await register(harness, "a");
  await harness.call("DELETE", `${V0}/tasks/a`, { dry_run: true });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: false });
  await harness.call("DELETE", `${V0}/tasks/a?force=true`, { confirm: true });
  await harness.call("DELETE", `${V0}/tasks/a%20b`, { confirm: true });
  assert.equal((await log(harness)).total, 0);
  for (let attempt = 1; attempt <= 3; attempt++) {
    await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
    assert.equal((await log(harness)).total, attempt);
  }
  await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["a", "a", "b", "c"], confirm: true });
  assert.equal((await log(harness)).total, 6);
});

Deno.test("GET /deletions is newest first and narrows by each filter", async (t) => {
  const clock = standingClock();
  const start = clock.now;
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "a", "b");
  const attempts: [id: string, request: string, options: Record<string, unknown>][] = [
    ["a", "r0", {}],
    ["b", "r1", { force: true }],
    ["nowhere", "r2", {}],
    ["a", "r3", { delete_database_records: true }],
  ];
  for (const [i, [id, request, options]] of attempts.entries()) {
    clock.now = start + i * 1000;
    const body = { confirm: true, ...options };
    await harness.call("DELETE", `${V0}/tasks/${id}`, body, { "x-request-id": request });
  }
  const at = (ms: number) => encodeURIComponent(new Date(start + ms).toISOString());
  const cases: [query: string, requests: string[]][] = [
    ["", ["r3", "r2", "r1", "r0"]],
    ["?task_id=a", ["r3", "r0"]],
    ["?task_id=A", []],
    ["?request_id=r1", ["r1"]],
    ["?who=127.0.0.1", ["r3", "r2", "r1", "r0"]],
    ["?who=somebody", []],
    ["?outcome=failed", ["r2"]],
    ["?outcome=purged&task_id=a", ["r3", "r0"]],
    ["?job_id=1", []],
    [`?requested_after=${at(500)}`, ["r3", "r2", "r1"]],
    [`?requested_before=${at(1500)}`, ["r1", "r0"]],
    [`?requested_after=${at(500)}&requested_before=${at(2500)}`, ["r2", "r1"]],
    ["?requested_after=2025-07-02T22:57:24.317000", ["r3"]],
    ["?limit=2", ["r3", "r2"]],
    ["?limit=2&offset=1", ["r2", "r1"]],
  ];
  for (const [query, requests] of cases) {
    await t.step(query, async () => {
      const { deletions, total } = await log(harness, query);
      assert.deepEqual(deletions.map((row) => row.request_id), requests);
      if (!query.includes("limit")) assert.equal(total, requests.length);
    });
  }
});

Deno.test("GET /deletions refuses what it cannot read, and names it", async (t) => {
  await using harness = await boot();
  const bad: [string, string][] = [
    ["limit", "0"],
    ["limit", "1e3"],
    ["offset", "-1"],
    ["cursor", "x"],
    ["outcome", "gone"],
    ["job_id", "x"],
    ["requested_after", "yesterday"],
    ["task", "a"],
  ];
  await assertRefusals(
    t,
    harness,
    bad.map(([name, value]) => ({
      name: `${name}=${value}`,
      method: "GET",
      path: `${V0}/deletions?${name}=${value}`,
      status: 400,
      answer: { success: false, code: 400, invalid_params: [name] },
    })),
  );
});

Deno.test("GET /deletions shows no path of the machine", async () => {
  await using harness = await boot();
  await register(harness, "a");
  Deno.symlinkSync(harness.folder, `${harness.trainingData}/link`);
  await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["a", "link", "nowhere"], confirm: true });
  assert.ok(!JSON.stringify(await log(harness)).includes(harness.folder));
});
