import assert from "node:assert/strict";
import { inStage } from "../../../services/deletion/item.ts";
import {
  finish,
  inPlace,
  move,
  putBack,
  record,
  refuse,
  release,
  strand,
  survey,
} from "../../../services/deletion/steps.ts";
import { openDeletions } from "../../_support/deletions.ts";
import { assertLike } from "../../_support/scenarios.ts";
import { exists } from "../../_harness.ts";

type Opened = Awaited<ReturnType<typeof openDeletions>>;

/** A task whose directory is in the trash. */
async function moved(store: Opened, taskId: string, options = {}) {
  await store.make(taskId);
  const [claimed] = await store.claimAll([taskId], options);
  const item = move(store.trainingData, claimed!);
  assert.ok(item.stage === "moved");
  return item;
}

Deno.test("move takes a whole directory out of sight, and says why when it cannot", async () => {
  await using store = await openDeletions();
  const item = await moved(store, "a");
  assert.ok(!exists(`${store.path}/a`));
  assert.equal(Deno.readTextFileSync(`${store.path}/.pipekeep-trash/${item.deletion_id}/a.txt`), "12345");
  assertLike(move(store.trainingData, { ...item, stage: "claimed", deletion_id: "0-99" }), {
    stage: "refused",
    outcome: { code: "task_not_found" },
  });
  await store.make("b");
  const [claimed] = await store.claimAll(["b"]);
  assertLike(move(store.trainingData, { ...claimed!, deletion_id: item.deletion_id }), { stage: "refused" });
  assert.ok(exists(`${store.path}/b/a.txt`), "what the trash holds is not overwritten");
});

Deno.test("survey measures what is in the trash exactly, and is stopped by a link in a directory's place", async () => {
  await using store = await openDeletions();
  store.fill("a/sub", { "b.txt": "123" });
  const item = await moved(store, "a");
  await store.make("b");
  const [claimed] = await store.claimAll(["b"]);
  Deno.removeSync(`${store.path}/b`, { recursive: true });
  Deno.symlinkSync("/", `${store.path}/b`);
  const link = move(store.trainingData, claimed!);
  assert.ok(link.stage === "moved");
  assertLike(await survey(store.trainingData, [item, link]), [
    { stage: "surveyed", measure: { files: 2, bytes: 8 } },
    { stage: "obstructed", outcome: { code: "path_forbidden" } },
  ]);
});

Deno.test("putBack brings directories to their places, again without harm, and never over anything", async () => {
  await using store = await openDeletions();
  const [a, b] = [await moved(store, "a"), await moved(store, "b")];
  store.fill("b", { "new.txt": "precious" });
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await putBack(store.trainingData, [a, b]), { back: [a], stranded: [b] });
    assert.equal(Deno.readTextFileSync(`${store.path}/a/a.txt`), "12345");
    assert.equal(Deno.readTextFileSync(`${store.path}/b/new.txt`), "precious");
    assert.ok(exists(`${store.path}/.pipekeep-trash/${b.deletion_id}/a.txt`));
  }
});

Deno.test("record marks records or deletes them, and keeps what was measured", async () => {
  await using store = await openDeletions();
  const { database, trainingData } = store;
  const items = [await moved(store, "kept"), await moved(store, "gone", { delete_database_records: true })];
  const surveyed = inStage(await survey(trainingData, items), "surveyed");
  await database.transaction((trx) => record(trx, trainingData.volumeId, surveyed, 2000, 9000));
  assert.deepEqual((await store.records()).map((row) => [row.task_id, row.directory_exists]), [["kept", 0]]);
  for (const { deletion_id } of items) {
    assertLike(await store.rowOf(deletion_id), {
      state: "trashed",
      trashed_at: 2000,
      purge_at: 9000,
      deleted_files_count: 1,
      deleted_size_bytes: 5,
    });
  }
});

Deno.test("refuse, release and strand end a row with their reason", async () => {
  await using store = await openDeletions();
  for (const id of ["a", "b", "c"]) await store.make(id);
  const [a, b, c] = await store.claimAll(["a", "b", "c"]);
  await store.database.transaction(async (trx) => {
    const outcome = { outcome: "failed", task_id: "a", code: "permission_denied" } as const;
    await refuse(trx, [{ ...a!, stage: "refused", outcome }], 2000);
    await release(trx, [b!.deletion_id], 2000, "why");
    await strand(trx, [c!.deletion_id], 2000);
  });
  assert.deepEqual(
    (await store.log()).map((row) => [row.task_id, row.state, row.error_code, row.error, row.finished_at]),
    [
      ["a", "failed", "permission_denied", null, 2000],
      ["b", "released", null, "why", 2000],
      ["c", "stranded", "storage_failed", "whole in the trash; its place is taken", 2000],
    ],
  );
});

Deno.test("release and strand leave a row alone whose directory is recorded as gone", async () => {
  await using store = await openDeletions();
  const { database, trainingData } = store;
  const item = await moved(store, "a");
  const surveyed = inStage(await survey(trainingData, [item]), "surveyed");
  await database.transaction((trx) => record(trx, trainingData.volumeId, surveyed, 2000, null));
  const before = await store.rowOf(item.deletion_id);
  await database.transaction(async (trx) => {
    await release(trx, [item.deletion_id], 3000, "why");
    await strand(trx, [item.deletion_id], 3000);
  });
  assert.deepEqual(await store.rowOf(item.deletion_id), before);
});

Deno.test("finish ends what is gone as purged, and what resisted with its reason, to be tried again", async () => {
  await using store = await openDeletions();
  const { database, trainingData } = store;
  const items = [await moved(store, "gone"), await moved(store, "resists")];
  const surveyed = inStage(await survey(trainingData, items), "surveyed");
  const ids = items.map((item) => item.deletion_id);
  await database.transaction(async (trx) => {
    await record(trx, trainingData.volumeId, surveyed, 2000, null);
    await finish(trx, ids, {
      failures: [null, { permissionDenied: true, message: "not yours" }],
      free_bytes_change: 0,
    }, 3000);
  });
  assertLike(await store.rowOf(ids[0]!), { state: "purged", finished_at: 3000, error: null });
  assertLike(await store.rowOf(ids[1]!), {
    state: "purge_failed",
    error_code: "permission_denied",
    error: "not yours",
  });
  await database.transaction((trx) =>
    finish(trx, [ids[1]!], { failures: [null], free_bytes_change: null }, 4000)
  );
  assertLike(await store.rowOf(ids[1]!), {
    state: "purged",
    finished_at: 4000,
    error_code: null,
    error: null,
  });
});

Deno.test("inPlace names the tasks that have a directory again", async () => {
  await using store = await openDeletions();
  const items = [await moved(store, "a"), await moved(store, "b")];
  store.fill("b");
  assert.deepEqual(inPlace(store.trainingData, items), ["b"]);
});
