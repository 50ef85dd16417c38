/** Transactions that share a commit: who is told what, and when. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import { CommitInDoubt, type Database } from "../../../../db/database.ts";
import { findSetting, putSetting } from "../../../../db/queries/settings.ts";
import { CommitFaults } from "../../../_support/commit_faults.ts";
import { openElsewhere, openTemporary } from "../../../_support/database.ts";

const NAMES = ["a", "b", "c", "d", "e"];

function put(database: Database, name: string, value = name): Promise<void> {
  return database.shareCommit((trx) => putSetting(trx, name, value));
}

/** What another process finds of NAMES. */
function standing(path: string): string[] {
  using store = openElsewhere(path);
  return store.prepare("SELECT name FROM settings ORDER BY name").all().map((row) => String(row.name))
    .filter((name) => NAMES.includes(name));
}

Deno.test("shareCommit resolves when its commit stands, one for all that come together", async () => {
  const faults = new CommitFaults();
  await using temporary = await openTemporary({ commitFault: faults.seam });
  faults.arm("lost", Infinity);
  await Promise.all(NAMES.map(async (name) => {
    await put(temporary.database, name);
    assert.ok(standing(temporary.path).includes(name), name);
  }));
  assert.equal(faults.commits, 1);
  await put(temporary.database, "a", "again");
  assert.equal(faults.commits, 2);
});

Deno.test("shareCommit keeps the order with transactions that commit alone, which see what went before", async () => {
  await using temporary = await openTemporary();
  const { database, path } = temporary;
  // Kysely prepares itself at the first.
  await put(database, "last");
  const seen: string[][] = [];
  const alone = () =>
    database.transaction(async (trx) => {
      seen.push(standing(path));
      await putSetting(trx, "last", "alone");
    });
  await Promise.all([put(database, "a"), put(database, "b"), alone(), put(database, "c"), alone()]);
  assert.deepEqual(seen, [["a", "b"], ["a", "b", "c"]]);
});

Deno.test("shareCommit tells all of a commit in doubt, whether it stands or not, and goes on", async () => {
  for (const fault of ["stands", "lost"] as const) {
    const faults = new CommitFaults();
    await using temporary = await openTemporary({ commitFault: faults.seam });
    faults.arm(fault);
    const results = await Promise.allSettled(NAMES.map((name) => put(temporary.database, name)));
    for (const result of results) {
      assert.ok(result.status === "rejected" && result.reason instanceof CommitInDoubt);
    }
    assert.deepEqual(standing(temporary.path), fault === "stands" ? NAMES : []);
    await put(temporary.database, "a", "later");
    assert.equal(await findSetting(temporary.database.kysely, "a"), "later");
  }
});

Deno.test("shareCommit in a full database: what resolves stands, what rejects does not, and the next one works", async () => {
  await using temporary = await openTemporary();
  const { database, path } = temporary;
  const limit = (pages: string) =>
    database.transaction((trx) => sql.raw(`PRAGMA max_page_count = ${pages}`).execute(trx));
  // No less than it has: not one page more.
  await limit("1");
  const values = NAMES.map((name) => name === "c" ? "x".repeat(100_000) : name);
  const results = await Promise.allSettled(NAMES.map((name, i) => put(database, name, values[i])));
  assert.equal(results[2]!.status, "rejected");
  const resolved = NAMES.filter((_, i) => results[i]!.status === "fulfilled");
  assert.deepEqual(standing(path), resolved);
  await limit("1000000");
  await put(database, "c", values[2]);
  assert.ok(standing(path).includes("c"));
});

Deno.test("shareCommit that the engine takes back as a whole rejects for all, and the next one works", async () => {
  await using temporary = await openTemporary();
  const { database, path } = temporary;
  const results = await Promise.allSettled([
    put(database, "a"),
    database.shareCommit(async (trx) => {
      await putSetting(trx, "b", "b");
      // As SQLite does by itself when the disk is full at a bad moment.
      await sql`rollback`.execute(trx);
      throw new Error("full");
    }),
    put(database, "c"),
  ]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
  assert.deepEqual(standing(path), ["c"]);
});

Deno.test("shareCommit refuses for what another wrote once that stands, and otherwise tells what became of it", async () => {
  for (const fault of [undefined, "stands", "lost"] as const) {
    const faults = new CommitFaults();
    await using temporary = await openTemporary({ commitFault: faults.seam });
    const { database, path } = temporary;
    await put(database, "e");
    if (fault !== undefined) faults.arm(fault);
    const refusal = new Error("there is an a already");
    const [, told] = await Promise.all([
      put(database, "a").catch(() => {}),
      database.shareCommit(async (trx) => {
        if (await findSetting(trx, "a") !== undefined) throw refusal;
      }).catch((error: unknown) => ({ error, standing: standing(path) })),
    ]);
    if (fault === undefined) assert.deepEqual(told, { error: refusal, standing: ["a", "e"] });
    else assert.ok(told?.error instanceof CommitInDoubt, `${fault}: ${told?.error}`);
  }
});

Deno.test("shareCommit commits nothing of a transaction that could not be taken back alone", async () => {
  await using temporary = await openTemporary();
  const { database, path } = temporary;
  await Promise.allSettled([
    put(database, "a"),
    database.shareCommit(async (trx) => {
      await putSetting(trx, "b", "b");
      await sql`release shared`.execute(trx);
      throw new Error("no");
    }),
  ]);
  assert.ok(!standing(path).includes("b"));
  await put(database, "c");
  assert.ok(standing(path).includes("c"));
});
