import assert from "node:assert/strict";
import { migrate } from "../../db/migrations.ts";
import { openDatabase } from "../../db/dialects/sqlite/sqlite.ts";
import { holdLock, openElsewhere, openTemporary } from "../_support/database.ts";

Deno.test("migrate waits for nobody when there is nothing to do", async () => {
  await using temporary = await openTemporary();
  using _lock = holdLock(temporary.path);
  const second = openDatabase(temporary.path);
  const started = performance.now();
  await migrate(second);
  assert.ok(performance.now() - started < 2000);
  await second.close();
});

Deno.test("migrate refuses a file that a newer program wrote", async () => {
  await using temporary = await openTemporary();
  using elsewhere = openElsewhere(temporary.path);
  elsewhere.exec("INSERT INTO kysely_migration VALUES ('9999_later', '2030-01-01')");
  await assert.rejects(migrate(temporary.database), /9999_later/);
});

Deno.test("migrate that fails leaves none of its tables", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  const database = openDatabase(path);
  try {
    using elsewhere = openElsewhere(path);
    elsewhere.exec("CREATE TABLE api_keys (in_the_way)");
    await assert.rejects(migrate(database), /api_keys already exists/);
    const { n } = elsewhere.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'settings'").get()!;
    assert.equal(n, 0);
    elsewhere.exec("DROP TABLE api_keys");
    await migrate(database);
  } finally {
    await database.close();
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("migrate of one new file by two programs at a time makes it once", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const databases = [openDatabase(`${folder}/pipekeep.db`), openDatabase(`${folder}/pipekeep.db`)];
  try {
    await Promise.all(databases.map(migrate));
  } finally {
    for (const database of databases) await database.close();
    Deno.removeSync(folder, { recursive: true });
  }
});
