/** What becomes of a write that finds the disk full. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Database } from "../../../../db/database.ts";
import { openDatabase } from "../../../../db/dialects/sqlite/sqlite.ts";
import { type Disk, makeDisk, noDisks } from "../../../_support/loop_mount.ts";

const BYTES = 6_000_000;
const insert = sql`insert into words values (zeroblob(${BYTES}))`;

async function count(database: Database): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from words`.execute(database.kysely);
  return rows[0]!.n;
}

interface Bed {
  disk: Disk;
  database: Database;
  /** How often space was asked for. */
  asked: () => number;
}

/** A database on a full disk, with as many bytes kept for that as it says. */
async function onFullDisk(kept: number, body: (bed: Bed) => Promise<void>): Promise<void> {
  using disk = makeDisk(48);
  const path = `${disk.path}/pipekeep.db`;
  const spare = `${disk.path}/spare`;
  if (kept > 0) Deno.writeFileSync(spare, new Uint8Array(kept).fill(1));
  let asked = 0;
  const makeSpace = () => {
    asked++;
    const { size } = kept > 0 ? Deno.statSync(spare) : { size: 0 };
    if (size > 0) Deno.truncateSync(spare);
    return size > 0;
  };
  const database = openDatabase(path, { makeSpace });
  await sql`create table words (word blob)`.execute(database.kysely);
  disk.fillUp();
  await body({ disk, database, asked: () => asked });
  await database.close();
  const again = openDatabase(path);
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(again.kysely);
  assert.equal(rows[0]!.integrity_check, "ok");
  await again.close();
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + (noDisks ? ` (${noDisks})` : ""), ignore: noDisks !== undefined, fn });
}

test("a transaction that finds the disk full is done again when space could be made, and stands once", () =>
  onFullDisk(8 * 1024 * 1024, async ({ database, asked }) => {
    let done = 0;
    const result = await database.decide([], async (trx) => {
      await insert.execute(trx);
      return ++done;
    });
    assert.deepEqual([result, asked(), await count(database)], [2, 1, 1]);
  }));

test("a statement of its own that finds the disk full is done again when space could be made", () =>
  onFullDisk(8 * 1024 * 1024, async ({ database, asked }) => {
    await insert.execute(database.kysely);
    assert.deepEqual([asked(), await count(database)], [1, 1]);
  }));

test("a write that finds the disk full for good fails, is not in doubt, and costs nobody the next write", () =>
  onFullDisk(0, async ({ database, asked }) => {
    const full = { errcode: 13 };
    await assert.rejects(database.decide([], (trx) => insert.execute(trx)), full);
    await assert.rejects(database.transaction((trx) => insert.execute(trx)), full);
    await assert.rejects(insert.execute(database.kysely), full);
    assert.deepEqual([asked(), await count(database)], [3, 0]);
    // The log has its four megabytes.
    await sql`insert into words values ('small')`.execute(database.kysely);
    assert.equal(await count(database), 1);
  }));

test("transactions that share a commit for which the disk is full are all done again, with space that is made once", () =>
  onFullDisk(8 * 1024 * 1024, async ({ database, asked }) => {
    const results = await Promise.allSettled(
      [1, 2, 3].map(() =>
        database.shareCommit((trx) => sql`insert into words values (zeroblob(2000000))`.execute(trx))
      ),
    );
    assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled", "fulfilled"]);
    assert.deepEqual([asked(), await count(database)], [1, 3]);
  }));

test("transactions that are lost with another's, for which the disk is full, are told that it is", () =>
  onFullDisk(0, async ({ database, asked }) => {
    const results = await Promise.allSettled(
      ["'small'", "zeroblob(24000000)"].map((word) =>
        database.shareCommit((trx) => sql.raw(`insert into words values (${word})`).execute(trx))
      ),
    );
    for (const result of results) assert.equal(result.status === "rejected" && result.reason.errcode, 13);
    assert.deepEqual([asked(), await count(database)], [1, 0]);
  }));
