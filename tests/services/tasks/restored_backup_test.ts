/** A database that is older than the disk: a backup that was put in its place, with the log of the newer one beside it. */
import assert from "node:assert/strict";
import { boot, exists, type Harness, listTree, until, V0 } from "../../_harness.ts";
import { assertLike } from "../../_support/scenarios.ts";

const ALL = ["kept", "old_gone", "old_lost", "old_waits", "new_kept", "new_waits"];

async function recordOf(server: Harness, taskId: string) {
  return (await server.call("GET", `${V0}/tasks/${taskId}`)).body.data;
}

Deno.test("a start with a restored backup deletes nothing, and marks only what is gone", async () => {
  await using server = await boot({ config: { trash_retention_ms: 3_600_000 } });
  const register = async (id: string) => {
    await server.app.tasks.register({ task_id: id });
    server.fill(id, { "a.txt": id });
  };
  const remove = (id: string, delete_database_records: boolean) =>
    server.call("DELETE", `${V0}/tasks/${id}`, { confirm: true, delete_database_records });
  for (const id of ALL.filter((name) => !name.startsWith("new"))) await register(id);
  const database = `${server.folder}/pipekeep.db`;
  await server.app.stop();
  Deno.copyFileSync(database, `${server.folder}/backup.db`);
  await server.restart();
  for (const id of ["new_kept", "new_waits"]) await register(id);
  await remove("old_waits", true);
  await remove("new_waits", false);
  await server.restart({ trash_retention_ms: 0 });
  await remove("old_gone", true);
  Deno.removeSync(`${server.trainingData}/old_lost`, { recursive: true });
  await server.app.stop();
  Deno.copyFileSync(`${server.folder}/backup.db`, database);
  await server.restart();
  assert.equal(server.app.availability.reason, undefined);
  // What waited in the trash is back in its place: the database does not know that it was deleted.
  for (const id of ["kept", "old_waits", "new_kept", "new_waits"]) {
    assert.equal(Deno.readTextFileSync(`${server.trainingData}/${id}/a.txt`), id);
    assertLike(await recordOf(server, id), { task_id: id, directory_exists: true });
  }
  for (const id of ["old_gone", "old_lost"]) {
    assertLike(await recordOf(server, id), { task_id: id, directory_exists: false });
  }
  const before = listTree(server.trainingData);
  await server.restart();
  assert.deepEqual(listTree(server.trainingData), before);
  const { body } = await server.call("DELETE", `${V0}/tasks`, { task_ids: ALL, confirm: true, force: true });
  assertLike(body.data, { failed_tasks: [] });
  await until(() => ALL.every((id) => !exists(`${server.trainingData}/${id}`)), "all are gone");
});
