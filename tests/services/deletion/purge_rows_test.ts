import assert from "node:assert/strict";
import { findDeletions } from "../../../db/queries/deletions.ts";
import { purgeRows } from "../../../services/deletion/purge_rows.ts";
import { verifyLog } from "../../../services/deletion/verify_log.ts";
import { exists } from "../../_harness.ts";
import { ACTOR, openDeletions, OPTIONS } from "../../_support/deletions.ts";
import { assertLike } from "../../_support/scenarios.ts";

/** Three tasks that wait in the trash, and their rows. */
async function open() {
  const store = await openDeletions({ retention_ms: 60_000 });
  for (const id of ["a", "b", "c"]) await store.make(id);
  await store.deletion.delete(["a", "b", "c"], OPTIONS, ACTOR);
  const rows = await store.log();
  assert.deepEqual(rows.map((row) => row.state), ["trashed", "trashed", "trashed"]);
  return {
    ...store,
    rows,
    purge: (some = rows) => purgeRows(store.database, store.trainingData, some, () => 5000),
    entry: (i: number) => `${store.path}/.pipekeep-trash/${rows[i]!.deletion_id}`,
  };
}

Deno.test("purgeRows removes the entries of its rows alone, ends the rows, and says how many are gone", async () => {
  await using store = await open();
  assert.equal(await store.purge(store.rows.slice(0, 2)), 2);
  assert.deepEqual([0, 1, 2].map((i) => exists(store.entry(i))), [false, false, true]);
  assert.deepEqual((await store.log()).map((row) => [row.state, row.finished_at]), [
    ["purged", 5000],
    ["purged", 5000],
    ["trashed", null],
  ]);
  assert.equal(await store.purge([]), 0);
});

Deno.test("purgeRows measures first what never was, and keeps the numbers of what was", async () => {
  await using store = await open();
  const ids = store.rows.map((row) => row.deletion_id);
  await store.database.kysely.updateTable("deletions")
    .set({ deleted_files_count: null, deleted_size_bytes: null, unmeasured_files: null })
    .where("deletion_id", "=", ids[0]!).execute();
  // What is added to one that was measured does not change what the log says of it.
  Deno.writeTextFileSync(`${store.entry(1)}/more.txt`, "1234567");
  await store.purge(await findDeletions(store.database.kysely, ids));
  for (const id of ids) {
    assertLike(await store.rowOf(id), { state: "purged", deleted_files_count: 1, deleted_size_bytes: 5 });
  }
});

Deno.test("purgeRows keeps the numbers that another purge of the same rows wrote down meanwhile", async () => {
  await using store = await open();
  const { kysely } = store.database;
  await kysely.updateTable("deletions").set({ deleted_files_count: null }).execute();
  const read = () => findDeletions(kysely, store.rows.map((row) => row.deletion_id));
  const [early, late] = [await read(), await read()];
  // One has measured them, and removed a part.
  await kysely.updateTable("deletions").set({ deleted_files_count: 7, deleted_size_bytes: 70 }).execute();
  await store.purge(early.slice(0, 1));
  assertLike(await store.rowOf(early[0]!.deletion_id), { deleted_files_count: 7, deleted_size_bytes: 70 });
  // One has come to the end: such a row is sealed.
  Deno.mkdirSync(`${store.path}/.pipekeep-trash/${early[0]!.deletion_id}`);
  await store.purge(late);
  assertLike(await store.log(), Array(3).fill({ state: "purged", deleted_files_count: 7 }));
  assertLike(await verifyLog(store.database), { valid: true, checked: 3 });
});

Deno.test("purgeRows leaves nothing undone behind a commit that was lost: the same rows can be purged again", async () => {
  await using store = await open();
  store.faults.arm("lost");
  await assert.rejects(store.purge());
  assert.deepEqual([...new Set((await store.log()).map((row) => row.state))], ["trashed"]);
  assert.equal(await store.purge(), 3);
  assert.deepEqual([...new Set((await store.log()).map((row) => row.state))], ["purged"]);
});
