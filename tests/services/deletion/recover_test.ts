/** What a start makes of an interrupted deletion's remains, state by state. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { boot, exists, type Harness, until, V0 } from "../../_harness.ts";

/** A task whose directory was moved to the trash under an intent, and no further. */
async function interrupted(server: Harness): Promise<void> {
  // So that training_data is not empty, which would be a matter for the brakes.
  await server.app.tasks.register({ task_id: "other" });
  await server.app.tasks.register({ task_id: "task_a" });
  server.fill("task_a", { "a.txt": "12345" });
  await server.app.stop();
  Deno.renameSync(`${server.trainingData}/task_a`, `${server.trainingData}/.pipekeep-trash/0d-1`);
  sql(
    server,
    `INSERT INTO deletions (deletion_id, task_id, state, who, request_id, delete_database_records, force, requested_at)
     VALUES ('0d-1', 'task_a', 'intent', 'w', 'r', 1, 0, 1)`,
  );
}

function sql(server: Harness, text: string): void {
  const store = new DatabaseSync(`${server.folder}/pipekeep.db`);
  store.exec(text);
  store.close();
}

async function stateOf(server: Harness): Promise<string> {
  return (await server.call("GET", `${V0}/deletions`)).body.data.deletions[0].outcome;
}

const IN_TRASH = ".pipekeep-trash/0d-1";

Deno.test("a start records and purges what a crash left in the trash", async () => {
  await using server = await boot();
  await interrupted(server);
  await server.restart();
  assert.equal((await server.call("GET", `${V0}/tasks/task_a`)).status, 404);
  await until(async () => await stateOf(server) === "purged", "it is purged");
  assert.ok(!exists(`${server.trainingData}/${IN_TRASH}`));
});

Deno.test("a start keeps the trash retention also for what a crash interrupted", async () => {
  await using server = await boot();
  await interrupted(server);
  await server.restart({ trash_retention_ms: 3_600_000 });
  assert.equal(await stateOf(server), "trashed");
  assert.equal((await server.call("GET", `${V0}/tasks/task_a`)).status, 404);
  // Retention looks at once after the start; what it may purge is gone when a job has run behind it.
  await server.app.jobs.deleteTasks(["none"], { ...options, continue_on_error: true }, {
    who: "w",
    request_id: "r",
  });
  await until(async () => (await server.app.jobs.get(1)).status === "failed", "a job ran");
  assert.ok(exists(`${server.trainingData}/${IN_TRASH}/a.txt`));
});

const options = { delete_database_records: false, force: false };

Deno.test("a start puts back what it may not remove, or keeps it whole where the place is taken", async () => {
  await using server = await boot();
  await interrupted(server);
  sql(server, "UPDATE deletions SET state = 'stranded', finished_at = 2, error_code = 'storage_failed'");
  Deno.mkdirSync(`${server.trainingData}/task_a`);
  await server.restart();
  assert.equal(await stateOf(server), "stranded");
  assert.ok(exists(`${server.trainingData}/${IN_TRASH}/a.txt`));
  // It is no obstacle to deleting what stands in its place.
  const { body } = await server.call("DELETE", `${V0}/tasks`, { task_ids: ["task_a"], confirm: true });
  assert.equal(body.success, true);
  // Nobody is told that nothing is left while the bytes of the first are in the trash.
  const again = await server.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
  assert.deepEqual([again.status, again.body.error_code], [500, "PURGE_INCOMPLETE"]);
  await server.restart();
  assert.equal(Deno.readTextFileSync(`${server.trainingData}/task_a/a.txt`), "12345");
  const log = await server.call("GET", `${V0}/deletions?outcome=released`);
  assert.equal(log.body.data.total, 1);
});

Deno.test("a start purges again what a power cut brought back, and puts back what it took back", async () => {
  for (const [state, expected] of [["purged", false], ["released", true]] as const) {
    await using server = await boot();
    await interrupted(server);
    sql(server, `UPDATE deletions SET state = '${state}', finished_at = 2`);
    await server.restart();
    await until(() => !exists(`${server.trainingData}/${IN_TRASH}`), `${state}: the trash is empty`);
    assert.equal(exists(`${server.trainingData}/task_a/a.txt`), expected, state);
  }
});

Deno.test("a start leaves alone what no deletion knows", async () => {
  await using server = await boot();
  await server.app.stop();
  Deno.mkdirSync(`${server.trainingData}/.pipekeep-trash/stranger`);
  await server.restart();
  await server.restart();
  assert.ok(exists(`${server.trainingData}/.pipekeep-trash/stranger`));
});
