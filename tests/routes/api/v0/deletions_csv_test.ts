import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../../../_harness.ts";
import { assertRefusals, register } from "../../../_support/scenarios.ts";
import { withStore } from "../../../_support/store.ts";

/** Rows of a file that quotes, with their columns' names. */
function parse(text: string): Record<string, string>[] {
  const [names, ...rows] = text.trimEnd().split("\r\n").map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map((m) =>
      m[1]?.replaceAll('""', '"') ?? m[2]!
    )
  );
  return rows.map((cells) => {
    assert.equal(cells.length, names!.length);
    return Object.fromEntries(cells.map((cell, i) => [names![i]!, cell]));
  });
}

async function csv(harness: Harness, query = ""): Promise<Response & { rows: Record<string, string>[] }> {
  const response = await fetch(`${harness.url}${V0}/deletions?format=csv${query}`);
  assert.equal(response.status, 200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  return Object.assign(response, { rows: parse(new TextDecoder().decode(bytes)) });
}

function fill(harness: Harness, rows: number, who = "somebody"): void {
  withStore(harness, (store) =>
    store.prepare(`
      INSERT INTO deletions (deletion_id, task_id, state, who, request_id, delete_database_records, force,
        requested_at, finished_at)
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      SELECT 'x' || i, 'task_' || i, 'purged', ?, 'r', 0, 0, i / 7, i FROM n`).run(rows, who));
}

Deno.test("GET /deletions?format=csv has the fields of the JSON, one line per entry, as a file", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  harness.fill("a", { x: "1" });
  await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["a", "b", "nowhere"], confirm: true });
  const { headers, rows } = await csv(harness);
  assert.equal(headers.get("content-type"), "text/csv; charset=utf-8");
  assert.equal(headers.get("content-disposition"), 'attachment; filename="deletions.csv"');
  const { body } = await harness.call("GET", `${V0}/deletions`);
  const flat = body.data.deletions.map(({ options, ...row }: Record<string, object>) =>
    Object.fromEntries(
      Object.entries({ ...row, ...options }).map(([name, value]) => [name, String(value ?? "")]),
    )
  );
  assert.deepEqual(rows, flat);
  assert.ok(rows.every((row) => /^\d$/.test(row.sequence!) && /^[0-9a-f]{64}$/.test(row.hash!)));
});

Deno.test("GET /deletions?format=csv has all matches, whatever their number, and narrows as the list does", async () => {
  await using harness = await boot();
  fill(harness, 2345);
  const { rows } = await csv(harness);
  assert.equal(rows.length, 2345);
  assert.equal(new Set(rows.map((row) => row.deletion_id)).size, 2345);
  const { body } = await harness.call("GET", `${V0}/deletions?limit=1000`);
  assert.deepEqual(
    rows.slice(0, 1000).map((row) => row.deletion_id),
    body.data.deletions.map((row: { deletion_id: string }) => row.deletion_id),
  );
  assert.deepEqual((await csv(harness, "&task_id=task_7")).rows.map((row) => row.deletion_id), ["x7"]);
  assert.deepEqual((await csv(harness, "&outcome=stuck")).rows, []);
});

Deno.test("GET /deletions?format=csv makes no formula of what somebody wrote", async () => {
  await using harness = await boot();
  fill(harness, 1, '=cmd|"/c calc"!A1');
  const { rows: [row] } = await csv(harness);
  assert.equal(row!.who, `'=cmd|"/c calc"!A1`);
});

Deno.test("GET /deletions?format=csv that nobody reads to its end holds nothing up", async () => {
  await using harness = await boot();
  fill(harness, 5000);
  const response = await fetch(`${harness.url}${V0}/deletions?format=csv`);
  await response.body!.cancel();
  const head = await fetch(`${harness.url}${V0}/deletions?format=csv`, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  assert.equal((await csv(harness)).rows.length, 5000);
});

Deno.test("GET /deletions?format=csv is not cut in pages, and other formats are unknown", async (t) => {
  await using harness = await boot();
  const bad: [query: string, field: string][] = [
    ["format=csv&limit=5", "limit"],
    ["format=csv&offset=5", "offset"],
    ["format=csv&format=json", "format"],
    ["format=json&format=csv", "format"],
    ["format=xlsx", "format"],
    ["format=csv&outcome=gone", "outcome"],
  ];
  await assertRefusals(
    t,
    harness,
    bad.map(([query, field]) => ({
      name: query,
      method: "GET",
      path: `${V0}/deletions?${query}`,
      status: 400,
      answer: { success: false, code: 400, invalid_params: [field] },
    })),
  );
});
