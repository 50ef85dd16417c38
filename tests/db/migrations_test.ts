import assert from "node:assert/strict";
import { claimRows } from "../../db/queries/volumes.ts";
import { migrate, statements } from "../../db/migrations.ts";
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

/** A database as a program made it that knew the migrations up to `last`, and its rows. */
function writeOlder(path: string, last: string, rows: string): void {
  using elsewhere = openElsewhere(path);
  elsewhere.exec(
    "CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL)",
  );
  const folder = new URL("../../db/migrations/sqlite/", import.meta.url);
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name.replace(".sql", "")).sort();
  for (const name of names.filter((name) => name <= last)) {
    const text = Deno.readTextFileSync(new URL(`${name}.sql`, folder));
    for (const statement of statements(text)) elsewhere.exec(statement);
    elsewhere.prepare("INSERT INTO kysely_migration VALUES (?, '2026-01-01')").run(name);
  }
  elsewhere.exec(rows);
}

Deno.test("migrate keeps the log of an older program as it was, its indexes too, and nothing of it is sealed", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  const states = ["intent", "trashed", "purged", "purge_failed", "released", "failed", "stranded"];
  const look = <Result>(use: (elsewhere: ReturnType<typeof openElsewhere>) => Result) => {
    using elsewhere = openElsewhere(path);
    return use(elsewhere);
  };
  const rows = () => look((db) => db.prepare("SELECT * FROM deletions ORDER BY rowid").all());
  const indexes = () =>
    look((db) =>
      db.prepare("SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'deletions' AND type = 'index'").all()
    );
  try {
    writeOlder(
      path,
      "0007_volumes",
      states.toReversed().map((state, i) => `
        INSERT INTO deletions (volume_id, deletion_id, task_id, state, who, request_id, job_id, delete_database_records,
          force, directory_deleted, requested_at, trashed_at, purge_at, finished_at, duration_ms, deleted_files_count,
          deleted_size_bytes, unmeasured_files, error_code, error)
        VALUES ('v', 'd${i}', 't${i}', '${state}', '李娜 "''"', 'r${i}', ${i % 2 ? i : "NULL"}, 1, 0, 1, ${
        100 - i
      },
          ${state === "intent" ? "NULL, NULL, NULL" : `${i}, 7, 8`}, 9, 10, 2199023255552, 12, 'c', 'e');`)
        .join(""),
    );
    const [before, indexesBefore] = [rows(), indexes()];
    assert.equal(before.length, states.length);
    const database = openDatabase(path);
    await migrate(database);
    await database.close();
    const none = Object.fromEntries(
      Object.keys(rows()[0]!).filter((name) => !Object.hasOwn(before[0]!, name)).map((name) => [name, null]),
    );
    assert.equal(Object.keys(none).length, 10);
    assert.deepEqual(rows().map((row) => ({ ...row })), before.map((row) => ({ ...row, ...none })));
    const spaced = (row: Record<string, unknown>) => `${row.name} ${String(row.sql).replace(/\s+/g, " ")}`;
    const now = new Set(indexes().map(spaced));
    for (const index of indexesBefore.map(spaced)) assert.ok(now.has(index), index);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("migrate gives the rows of an older program no volume, and the next start can claim them", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  try {
    writeOlder(
      path,
      "0004_api_keys",
      `
        INSERT INTO data_pipeline_tasks (task_id, task_name, task_type, status, created_by, created_at, directory_exists)
        VALUES ('a', 'name', 't', 'pending', 'u', 1, 1);
        INSERT INTO data_pipeline_task_steps (task_id, position, step_name, step_status) VALUES ('a', 0, 's', 'pending');
        INSERT INTO deletions (deletion_id, task_id, state, who, request_id, delete_database_records, force, requested_at)
        VALUES ('d', 'a', 'intent', 'w', 'r', 0, 0, 1)`,
    );
    const database = openDatabase(path);
    try {
      await migrate(database);
      using elsewhere = openElsewhere(path);
      const volumes = () =>
        elsewhere.prepare(`
          SELECT volume_id, task_id FROM data_pipeline_tasks
          UNION ALL SELECT volume_id, task_id FROM data_pipeline_task_steps
          UNION ALL SELECT volume_id, task_id FROM deletions`).all().map((row) => row.volume_id);
      assert.deepEqual(volumes(), ["", "", ""]);
      await claimRows(database.kysely, "v");
      assert.deepEqual(volumes(), ["v", "v", "v"]);
    } finally {
      await database.close();
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
