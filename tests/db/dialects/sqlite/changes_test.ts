import assert from "node:assert/strict";
import type { Executor, TableName } from "../../../../db/database.ts";
import { deleteRecords, insertTasks } from "../../../../db/queries/pipeline_tasks.ts";
import { insertProject, listProjects } from "../../../../db/queries/projects.ts";
import { putSetting } from "../../../../db/queries/settings.ts";
import {
  holdLock,
  openElsewhere,
  openTemporary,
  type TemporaryDatabase,
} from "../../../_support/database.ts";

const TABLES: TableName[] = [
  "settings",
  "projects",
  "data_pipeline_tasks",
  "data_pipeline_task_steps",
  "task_names",
  "api_keys",
];

/** The tables whose word is another after `work`. */
async function changedBy({ database }: TemporaryDatabase, work: () => unknown): Promise<TableName[]> {
  const words = async () => {
    const found = new Map<TableName, string>();
    for (const table of TABLES) found.set(table, await database.changeToken(table));
    return found;
  };
  const before = await words();
  await work();
  const after = await words();
  return TABLES.filter((table) => before.get(table) !== after.get(table));
}

const task = (task_id: string) => ({
  task_id,
  task_name: "name",
  task_type: "data_workflow",
  status: "pending" as const,
  created_by: "u",
  created_at: 0,
  directory_exists: 0 as const,
});

Deno.test("changeToken differs for the tables that a commit of this process wrote, and for no other", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  assert.deepEqual(await changedBy(temporary, () => putSetting(kysely, "a", "1")), ["settings"]);
  assert.deepEqual(await changedBy(temporary, () => listProjects(kysely)), []);
  const inserted = await changedBy(temporary, () => insertTasks(kysely, "v", [task("t")], []));
  assert.deepEqual(inserted, ["data_pipeline_tasks", "task_names"]);
  const deleted = await changedBy(temporary, () => deleteRecords(kysely, "v", ["t"]));
  assert.deepEqual(deleted, ["data_pipeline_tasks", "data_pipeline_task_steps", "task_names"]);
  const both = await changedBy(temporary, () =>
    temporary.database.transaction(async (trx) => {
      await putSetting(trx, "b", "1");
      await insertProject(trx, { name: "p", project_key: "k", created_at: 0 });
    }));
  assert.deepEqual(both, ["settings", "projects"]);
});

Deno.test("changeToken stays the same through what was rolled back", async () => {
  await using temporary = await openTemporary();
  const changed = await changedBy(
    temporary,
    () =>
      assert.rejects(temporary.database.transaction(async (trx) => {
        await putSetting(trx, "a", "1");
        throw new Error("no");
      })),
  );
  assert.deepEqual(changed, []);
});

Deno.test("changeToken differs for every table when another process wrote", async () => {
  await using temporary = await openTemporary();
  using elsewhere = openElsewhere(temporary.path);
  const changed = await changedBy(temporary, () => elsewhere.exec("INSERT INTO settings VALUES ('a', '1')"));
  assert.deepEqual(changed, TABLES);
});

Deno.test("changeToken differs for every table when the schema changed", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const changed = await changedBy(
    temporary,
    () => kysely.schema.createTable("t").addColumn("a", "text").execute(),
  );
  assert.deepEqual(changed, TABLES);
});

Deno.test("changeToken of several tables, or of all, differs when any of them changed", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  const words = () =>
    Promise.all([
      database.changeToken(),
      database.changeToken("projects", "settings"),
      database.changeToken("projects", "api_keys"),
    ]);
  for (let i = 0; i < 3; i++) {
    const before = await words();
    await putSetting(database.kysely, "a", String(i));
    const after = await words();
    assert.deepEqual(after.map((word, i) => word !== before[i]), [true, true, false]);
  }
});

Deno.test("changeToken waits neither for another process nor for a transaction of this one", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  const started = performance.now();
  {
    using _lock = holdLock(temporary.path);
    await database.changeToken("settings");
  }
  const word = await database.transaction(async (trx) => {
    await putSetting(trx, "a", "1");
    return await database.changeToken("settings");
  });
  assert.ok(performance.now() - started < 2000);
  assert.notEqual(await database.changeToken("settings"), word);
});

Deno.test("changeTokenSince looks again only when nobody looked since, and always knows of this process's commits", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  const arrived = performance.now();
  const word = await database.changeToken();
  using elsewhere = openElsewhere(temporary.path);
  elsewhere.exec("INSERT INTO settings (name, value) VALUES ('a', '1')");
  assert.equal(await database.changeTokenSince(arrived), word);
  const later = await database.changeTokenSince(performance.now());
  assert.notEqual(later, word);
  await putSetting(database.kysely, "b", "1");
  assert.notEqual(await database.changeTokenSince(arrived), later);
});

Deno.test("changeToken stays as it is for statements that change no row, whether they return rows or not", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await putSetting(database.kysely, "a", "1");
  const all = await database.changeToken();
  const nothing = (db: Executor) =>
    [
      () => db.updateTable("settings").set({ value: "2" }).where("name", "=", "no").execute(),
      () => db.updateTable("settings").set({ value: "2" }).where("name", "=", "no").returningAll().execute(),
      () => db.deleteFrom("settings").where("name", "=", "no").execute(),
    ] as const;
  for (const run of nothing(database.kysely)) assert.deepEqual(await changedBy(temporary, run), []);
  for (const way of ["transaction", "shareCommit"] as const) {
    const changed = await changedBy(
      temporary,
      () =>
        database[way](async (trx) => {
          for (const run of nothing(trx)) await run();
        }),
    );
    assert.deepEqual(changed, [], way);
  }
  assert.equal(await database.changeToken(), all);
  const deleted = () => database.kysely.deleteFrom("settings").execute();
  assert.deepEqual(await changedBy(temporary, deleted), ["settings"]);
});
