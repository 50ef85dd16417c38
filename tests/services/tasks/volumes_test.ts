/** That a server touches the rows of its own volume only, and which rows a start makes its own. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { DeferredWrites } from "../../../services/deletion/deferred_writes.ts";
import { TrashPurger } from "../../../services/deletion/trash_purger.ts";
import { openStore } from "../../../services/open_store.ts";
import { boot, exists, type Harness, V0 } from "../../_harness.ts";

function query(server: Harness, sql: string): Record<string, unknown>[] {
  using store = new DatabaseSync(`${server.folder}/pipekeep.db`, { timeout: 2000 });
  return store.prepare(sql).all().map((row) => ({ ...row }));
}

const VOLUME =
  `(SELECT substr(name, 8) FROM settings WHERE name LIKE 'volume:%' ORDER BY value ->> 'opened_at' DESC LIMIT 1)`;
const OTHERS = [
  "SELECT * FROM data_pipeline_tasks WHERE volume_id = 'elsewhere' ORDER BY id",
  "SELECT * FROM data_pipeline_task_steps WHERE volume_id = 'elsewhere' ORDER BY task_id, step_name",
  "SELECT * FROM deletions WHERE volume_id = 'elsewhere' ORDER BY deletion_id",
];
const others = (server: Harness) => OTHERS.map((sql) => query(server, sql));

/** Records and deletions of another volume, in every state that a start or the purger would do something about. */
async function fillElsewhere(server: Harness): Promise<void> {
  for (const id of ["theirs", "theirs_gone"]) await server.app.tasks.register({ task_id: id });
  const insert = (id: string, state: string, more: string) =>
    query(
      server,
      `INSERT INTO deletions (volume_id, deletion_id, task_id, state, who, request_id, delete_database_records,
         force, requested_at, trashed_at, purge_at, finished_at, error_code)
       VALUES ('elsewhere', '${id}', '${id}', '${state}', 'w', 'r', 1, 0, 1, ${more})`,
    );
  insert("0i", "intent", "NULL, NULL, NULL, NULL");
  insert("0t", "trashed", "1, NULL, NULL, NULL");
  insert("0w", "trashed", "1, 2, NULL, NULL");
  insert("0s", "purge_failed", "1, NULL, NULL, 'x'");
  insert("0n", "stranded", "NULL, NULL, 1, 'x'");
  for (const table of ["data_pipeline_tasks", "data_pipeline_task_steps"]) {
    query(server, `UPDATE ${table} SET volume_id = 'elsewhere' WHERE task_id LIKE 'theirs%'`);
  }
  for (const id of ["theirs", "theirs_gone"]) Deno.removeSync(`${server.trainingData}/${id}`);
}

/** Looks once at what is due in the trash, as the server does each minute. Returns how many entries are gone. */
async function purgeTrash(server: Harness): Promise<number> {
  const database = await openStore(`${server.folder}/pipekeep.db`);
  try {
    const { availability, clock } = server.app;
    const deferred = new DeferredWrites({ database });
    const purger = new TrashPurger({
      database,
      availability,
      deferred,
      clock,
      monotonic: () => performance.now(),
      leftovers: [],
    });
    return await purger.runOnce(clock());
  } finally {
    await database.close();
  }
}

Deno.test("a start recovers, purges, marks and adopts nothing of another volume", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "ours" });
  await fillElsewhere(server);
  await server.app.stop();
  const before = others(server);
  assert.deepEqual(before.map((rows) => rows.length), [2, 8, 5]);
  // The same names here: the id of their record, and trash entries that are theirs by their rows.
  Deno.mkdirSync(`${server.trainingData}/theirs`);
  const entries = ["0i", "0t", "0w", "0s", "0n"].map((id) => `${server.trainingData}/.pipekeep-trash/${id}`);
  for (const entry of entries) Deno.mkdirSync(entry);
  await server.restart();
  assert.equal(await purgeTrash(server), 0);
  for (const elapsed of [1e6, 2e6]) assert.equal(await server.app.retries.runOnce(elapsed), 0);
  assert.deepEqual(others(server), before);
  assert.deepEqual(entries.filter((entry) => !exists(entry)), []);
  assert.equal((await server.call("GET", `${V0}/tasks/ours`)).status, 200);
});

Deno.test("a deletion here changes neither record nor log of a task elsewhere", async () => {
  await using server = await boot();
  await fillElsewhere(server);
  const before = others(server);
  const body = { task_ids: ["theirs", "theirs_gone"], confirm: true, delete_database_records: true };
  const { body: { data } } = await server.call("DELETE", `${V0}/tasks`, body);
  const errors = data.failed_tasks.map((task: { error: string }) => task.error);
  assert.deepEqual(errors, ["任务目录不存在", "任务目录不存在"]);
  assert.deepEqual(others(server), before);
});

Deno.test("a start brakes by the records of its own volume alone", async () => {
  await using server = await boot();
  await fillElsewhere(server);
  await server.restart();
  assert.equal(server.app.availability.reason, undefined);
});

Deno.test("a start claims the rows of no volume; one that accepts another volume takes over the former's", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "ours" });
  await fillElsewhere(server);
  await server.app.stop();
  for (const table of ["data_pipeline_tasks", "data_pipeline_task_steps"]) {
    query(server, `UPDATE ${table} SET volume_id = '' WHERE task_id = 'ours'`);
  }
  const before = others(server);
  await server.restart();
  const ours = `SELECT volume_id = ${VOLUME} AS own FROM data_pipeline_tasks WHERE task_id = 'ours'
    UNION SELECT volume_id = ${VOLUME} FROM data_pipeline_task_steps WHERE task_id = 'ours'`;
  const id = () => query(server, `SELECT ${VOLUME} AS id`)[0]!.id;
  assert.deepEqual(query(server, ours), [{ own: 1 }]);
  const first = id();
  await server.app.stop();
  Deno.renameSync(`${server.trainingData}/.pipekeep-trash`, `${server.folder}/old_trash`);
  Deno.mkdirSync(`${server.trainingData}/.pipekeep-trash`, { mode: 0o700 });
  Deno.mkdirSync(`${server.trainingData}/.pipekeep-trash/.volume-another`);
  // Without being told to accept it, nothing changes hands.
  await server.restart();
  assert.match(server.app.availability.reason!, /another directory than at the last start/);
  assert.equal(id(), first);
  assert.deepEqual(query(server, ours), [{ own: 1 }]);
  await server.restart({ accept_training_data: true });
  assert.equal(id(), "another");
  assert.deepEqual(query(server, ours), [{ own: 1 }]);
  assert.deepEqual(others(server), before);
});

Deno.test("a start that accepts another directory takes over what its own path had, never what another path has", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "ours" });
  await fillElsewhere(server);
  await server.app.stop();
  // Another host opened its own later than this one.
  query(
    server,
    `INSERT INTO settings VALUES ('volume:elsewhere',
       '{"path":"/elsewhere/training_data","device":1,"inode":2,"opened_at":9000000000000}')`,
  );
  const before = others(server);
  Deno.renameSync(server.trainingData, `${server.folder}/former`);
  Deno.mkdirSync(`${server.trainingData}/ours`, { recursive: true });
  await server.restart({ accept_training_data: true });
  const known = () =>
    query(server, "SELECT name FROM settings WHERE name LIKE 'volume:%'").map((row) => row.name);
  const [own] = known().filter((name) => name !== "volume:elsewhere");
  assert.equal(known().length, 2);
  assert.deepEqual(
    query(server, "SELECT 'volume:' || volume_id AS own FROM data_pipeline_tasks WHERE task_id = 'ours'"),
    [{ own }],
  );
  assert.deepEqual(others(server), before);
});

Deno.test("a start knows the volume that an older program remembered, one for the database", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "ours" });
  await server.app.stop();
  const { id, value } = query(
    server,
    `SELECT substr(name, 8) AS id, value FROM settings WHERE name LIKE 'volume:%'`,
  )[0]!;
  const { device } = JSON.parse(value as string);
  query(server, "DELETE FROM settings WHERE name LIKE 'volume:%'");
  const former = JSON.stringify({ device, volume: id });
  query(server, `INSERT INTO settings VALUES ('training_data_file_system', '${former}')`);
  const trash = `${server.trainingData}/.pipekeep-trash`;
  Deno.renameSync(trash, `${server.folder}/trash`);
  await server.restart();
  assert.match(server.app.availability.reason!, /it has no marker/);
  await server.app.stop();
  Deno.renameSync(`${server.folder}/trash`, trash);
  await server.restart();
  assert.equal(server.app.availability.reason, undefined);
  assert.deepEqual(
    query(server, "SELECT name FROM settings WHERE name LIKE 'volume:%' OR name LIKE 'training%'"),
    [
      { name: `volume:${id}` },
    ],
  );
});
