/** What a statement is known to write before it runs. */
import assert from "node:assert/strict";
import { Connection, EVERYTHING } from "../../../../db/dialects/sqlite/connection.ts";
import { openTemporary } from "../../../_support/database.ts";

const WRITES: [sql: string, writes: string[]][] = [
  ["select * from settings", []],
  ["  SELECT count(*) from data_pipeline_tasks", []],
  ["with s as (select 1) select * from s", []],
  ["select value from json_each('[1]')", []],
  ["select rowid from task_names where task_names match 'abc'", []],
  ["select name from pragma_table_info('settings')", []],
  ["update settings set value = '' where name in (select name from projects)", ["settings"]],
  ["with s as (select 1) insert into settings select 'a', 'b' from s", ["settings"]],
  ["insert into jobs (job_id) values (1) returning *", ["jobs"]],
  ["create table t (a)", [EVERYTHING, "sqlite_master"]],
  ["savepoint s", [EVERYTHING]],
];

Deno.test("Connection knows what a statement writes, triggers and cascades included", async (t) => {
  await using temporary = await openTemporary();
  for (const readOnly of [true, false]) {
    const connection = new Connection(temporary.path, { readOnly, pragmas: [] });
    try {
      for (const [sql, writes] of WRITES) {
        await t.step(`${readOnly ? "reader" : "writer"}: ${sql}`, () => {
          assert.deepEqual([...connection.prepare(sql).writes].sort(), writes);
        });
      }
      const cascade = connection.prepare("delete from data_pipeline_tasks").writes;
      assert.ok(cascade.has("data_pipeline_tasks") && cascade.has("data_pipeline_task_steps"));
      assert.ok(cascade.has("task_names"));
    } finally {
      connection.close();
    }
  }
});

Deno.test("Connection for reading refuses to write", async () => {
  await using temporary = await openTemporary();
  const connection = new Connection(temporary.path, { readOnly: true, pragmas: [] });
  try {
    assert.throws(() => connection.execute("insert into settings values ('a', 'b')"), /readonly/);
  } finally {
    connection.close();
  }
});
