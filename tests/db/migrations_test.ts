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

Deno.test("migrate gives the rows of an older program no volume, and the next start can claim them", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  try {
    {
      using elsewhere = openElsewhere(path);
      elsewhere.exec(
        "CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL)",
      );
      for (const name of ["0001_task_records", "0002_jobs", "0003_background_tasks", "0004_api_keys"]) {
        const file = new URL(`../../db/migrations/sqlite/${name}.sql`, import.meta.url);
        for (const statement of statements(Deno.readTextFileSync(file))) elsewhere.exec(statement);
        elsewhere.prepare("INSERT INTO kysely_migration VALUES (?, '2026-01-01')").run(name);
      }
      elsewhere.exec(`
        INSERT INTO data_pipeline_tasks (task_id, task_name, task_type, status, created_by, created_at, directory_exists)
        VALUES ('a', 'name', 't', 'pending', 'u', 1, 1);
        INSERT INTO data_pipeline_task_steps (task_id, position, step_name, step_status) VALUES ('a', 0, 's', 'pending');
        INSERT INTO deletions (deletion_id, task_id, state, who, request_id, delete_database_records, force, requested_at)
        VALUES ('d', 'a', 'intent', 'w', 'r', 0, 0, 1)`);
    }
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
