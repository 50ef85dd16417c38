import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../../../_harness.ts";
import { register, standingClock } from "../../../_support/scenarios.ts";

interface Page {
  ids: string[];
  total: number;
  offset: number;
  next_cursor: string | null;
}

/** One page of `/tasks` or `/deletions`. */
async function page(harness: Harness, path: string, query: string): Promise<Page> {
  const { status, body } = await harness.call("GET", `${V0}/${path}?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  const rows = (body.data.tasks ?? body.data.deletions) as { task_id: string }[];
  return { ...body.data, ids: rows.map((row) => row.task_id) };
}

async function byCursor(harness: Harness, path: string, query: string): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const found = await page(
      harness,
      path,
      cursor === "" ? query : `${query}&cursor=${encodeURIComponent(cursor)}`,
    );
    pages.push(found.ids);
    cursor = found.next_cursor;
  }
  return pages;
}

async function byOffset(harness: Harness, path: string, query: string, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let offset = 0;; offset += limit) {
    const found = await page(harness, path, `${query}&offset=${offset}`);
    assert.equal(found.offset, offset);
    pages.push(found.ids);
    if (offset + limit >= found.total) return pages;
  }
}

/** Tasks of which many share their created_at. */
async function bootWithTasks(count: number): Promise<Harness> {
  const clock = standingClock();
  const harness = await boot({ seams: { clock: clock.read } });
  for (let i = 0; i < count; i++) {
    if (i % 5 === 0) clock.now += 1;
    // Ids whose order is not that of their making.
    await register(harness, `t${(i * 7) % count}`);
  }
  return harness;
}

Deno.test("GET /tasks walked by cursor is what it is walked by offset", async (t) => {
  await using harness = await bootWithTasks(23);
  for (const id of ["t3", "t8", "t20"]) {
    await harness.call("PATCH", `${V0}/tasks/${id}`, { status: "running", task_name: "some name" });
  }
  const all = (await page(harness, "tasks", "")).ids;
  assert.equal(new Set(all).size, 23);
  for (const filter of ["", "&status=pending", "&task_name=some", "&created_by=nobody", "&task_name=so"]) {
    for (const limit of [1, 4, 5, 22, 23, 24, 1000]) {
      await t.step(`limit=${limit}${filter}`, async () => {
        const query = `limit=${limit}${filter}`;
        const walked = await byCursor(harness, "tasks", query);
        assert.deepEqual(walked, await byOffset(harness, "tasks", query, limit));
        if (filter === "") assert.deepEqual(walked.flat(), all);
      });
    }
  }
});

Deno.test("GET /tasks has a next_cursor exactly when something follows", async () => {
  await using harness = await bootWithTasks(4);
  assert.notEqual((await page(harness, "tasks", "limit=3")).next_cursor, null);
  assert.equal((await page(harness, "tasks", "limit=4")).next_cursor, null);
  assert.equal((await page(harness, "tasks", "limit=5")).next_cursor, null);
  assert.notEqual((await page(harness, "tasks", "limit=3&offset=0")).next_cursor, null);
  assert.equal((await page(harness, "tasks", "limit=3&offset=1")).next_cursor, null);
  const beyond = await page(harness, "tasks", "limit=3&offset=100");
  assert.deepEqual([beyond.ids, beyond.total, beyond.next_cursor], [[], 4, null]);
});

Deno.test("GET /tasks by cursor misses and repeats nothing while rows come and go", async () => {
  await using harness = await bootWithTasks(12);
  const all = (await page(harness, "tasks", "")).ids;
  const first = await page(harness, "tasks", "limit=5");
  // The last row seen goes, and a newer one comes: an offset would slip, a cursor must not.
  const options = { confirm: true, delete_database_records: true };
  await harness.call("DELETE", `${V0}/tasks/${first.ids.at(-1)}`, options);
  await register(harness, "zz_newer");
  const rest = await page(harness, "tasks", `limit=100&cursor=${first.next_cursor}`);
  assert.deepEqual([...first.ids, ...rest.ids], all);
  assert.equal(rest.total, 12);
});

Deno.test("GET /tasks takes a cursor with another limit, and as a plain word of a URL", async () => {
  await using harness = await bootWithTasks(9);
  const all = (await page(harness, "tasks", "")).ids;
  const { next_cursor } = await page(harness, "tasks", "limit=2");
  assert.match(next_cursor!, /^[A-Za-z0-9_-]+$/);
  assert.deepEqual((await page(harness, "tasks", `limit=3&cursor=${next_cursor}`)).ids, all.slice(2, 5));
  const onward = await page(harness, "tasks", `offset=2&limit=2`);
  assert.deepEqual(
    (await page(harness, "tasks", `limit=2&cursor=${onward.next_cursor}`)).ids,
    all.slice(4, 6),
  );
});

Deno.test("GET /deletions walked by cursor is what it is walked by offset", async (t) => {
  await using harness = await bootWithTasks(12);
  for (let i = 0; i < 12; i++) await harness.call("DELETE", `${V0}/tasks/t${i}`, { confirm: true });
  for (const limit of [1, 5, 12, 13]) {
    await t.step(`limit=${limit}`, async () => {
      const walked = await byCursor(harness, "deletions", `limit=${limit}`);
      assert.deepEqual(walked, await byOffset(harness, "deletions", `limit=${limit}`, limit));
      assert.equal(new Set(walked.flat()).size, 12);
    });
  }
});
