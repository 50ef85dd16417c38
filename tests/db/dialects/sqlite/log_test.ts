/** That the write-ahead log has its space before it is needed and keeps it, and what it may not bring back. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { openDatabase } from "../../../../db/dialects/sqlite/sqlite.ts";

const LOG_BYTES = 4 * 1024 * 1024;

async function withFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_log_" });
  try {
    await body(`${folder}/pipekeep.db`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const sizeOfLog = (path: string) => Deno.statSync(`${path}-wal`).size;

/** Makes a table with `count` rows, or adds as many. */
async function write(path: string, count: number): Promise<void> {
  const database = openDatabase(path);
  const { kysely } = database;
  await sql`create table if not exists words (word text)`.execute(kysely);
  for (let i = 0; i < count; i++) await sql`insert into words values (${`word ${i}`})`.execute(kysely);
  await database.close();
}

/** What the file says alone, without anything beside it. */
function readAlone(path: string): { words: number; check: unknown } {
  Deno.copyFileSync(path, `${path}.alone`);
  using store = new DatabaseSync(`${path}.alone`, { readOnly: true });
  const { n } = store.prepare("select count(*) as n from words").get() as { n: number };
  return { words: n, check: store.prepare("pragma integrity_check").get()!.integrity_check };
}

Deno.test("openDatabase grows the log to four megabytes, and closing keeps them while the file has everything", () =>
  withFolder(async (path) => {
    const database = openDatabase(path);
    assert.ok(sizeOfLog(path) >= LOG_BYTES);
    await database.close();
    const { size, blocks } = Deno.statSync(`${path}-wal`);
    assert.ok(size >= LOG_BYTES && blocks! * 512 >= LOG_BYTES);
    await write(path, 10);
    assert.ok(sizeOfLog(path) >= LOG_BYTES);
    assert.deepEqual(readAlone(path), { words: 10, check: "ok" });
  }));

Deno.test("a database put in the place of another is not changed by the log beside it", () =>
  withFolder(async (path) => {
    await write(path, 10);
    Deno.copyFileSync(path, `${path}.backup`);
    await write(path, 2000);
    Deno.copyFileSync(`${path}.backup`, path);
    const database = openDatabase(path);
    const { rows } = await sql<{ n: number }>`select count(*) as n from words`.execute(database.kysely);
    const check = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database.kysely);
    await database.close();
    assert.deepEqual([rows[0]!.n, check.rows[0]!.integrity_check], [10, "ok"]);
    assert.deepEqual(readAlone(path), { words: 10, check: "ok" });
  }));

Deno.test("closing gives a log of more than sixteen megabytes back to the disk", () =>
  withFolder(async (path) => {
    await write(path, 1);
    const database = openDatabase(path);
    await sql`insert into words values (zeroblob(20000000))`.execute(database.kysely);
    assert.ok(sizeOfLog(path) > 4 * LOG_BYTES);
    await database.close();
    assert.ok(sizeOfLog(path) >= LOG_BYTES && sizeOfLog(path) < 2 * LOG_BYTES);
    assert.deepEqual(readAlone(path), { words: 2, check: "ok" });
  }));

Deno.test("closing leaves the log to another process that reads", () =>
  withFolder(async (path) => {
    await write(path, 1);
    using other = new DatabaseSync(path);
    other.exec("begin");
    other.prepare("select count(*) from words").get();
    await write(path, 3);
    other.exec("commit");
    const { n } = other.prepare("select count(*) as n from words").get() as { n: number };
    assert.equal(n, 4);
  }));
