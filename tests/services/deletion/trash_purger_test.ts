import assert from "node:assert/strict";
import { TrashPurger } from "../../../services/deletion/trash_purger.ts";
import { exists, until } from "../../_harness.ts";
import { ACTOR, openDeletions, OPTIONS } from "../../_support/deletions.ts";

const RETENTION = 60_000;

async function open() {
  const store = await openDeletions({ retention_ms: RETENTION });
  for (const id of ["a", "b"]) await store.make(id);
  return {
    ...store,
    delete: (id: string) => store.deletion.delete([id], OPTIONS, ACTOR),
    purger: (interval_ms?: number) =>
      new TrashPurger(
        { ...store.dependencies, monotonic: store.dependencies.clock, leftovers: [] },
        interval_ms === undefined ? {} : { interval_ms },
      ),
    states: async () => (await store.log()).map((row) => [row.task_id, row.state]),
  };
}

Deno.test("TrashPurger.runOnce purges an entry at the end of its retention, and not before", async () => {
  await using store = await open();
  await store.delete("a");
  store.clock.now += 1000;
  await store.delete("b");
  const purger = store.purger();
  assert.equal(await purger.runOnce(1000 + RETENTION - 1), 0);
  assert.equal(await purger.runOnce(1000 + RETENTION), 1);
  assert.deepEqual(await store.states(), [["a", "purged"], ["b", "trashed"]]);
  assert.equal(await purger.runOnce(2000 + RETENTION), 1);
  assert.deepEqual(store.tree().filter((name) => !name.startsWith(".pipekeep-trash/.volume")), [
    ".pipekeep-trash/",
  ]);
});

Deno.test("TrashPurger.runOnce purges what the last run left, whatever its time, once", async () => {
  await using store = await open();
  await store.delete("a");
  const leftovers = await store.log();
  const purger = new TrashPurger({ ...store.dependencies, monotonic: store.dependencies.clock, leftovers });
  let isSettled = false;
  void purger.settled.then(() => isSettled = true);
  assert.equal(isSettled, false);
  assert.equal(await purger.runOnce(1000), 1);
  await purger.settled;
  assert.equal(await purger.runOnce(1000), 0);
});

Deno.test("TrashPurger.runOnce makes the writes first that the database refused earlier", async () => {
  await using store = await open();
  let made = 0;
  let refuses = true;
  await store.deferred.run(() => {
    if (refuses) throw new Error("the database refuses");
    made++;
    return Promise.resolve();
  });
  const purger = store.purger();
  await assert.rejects(purger.runOnce(1000), /refuses/);
  refuses = false;
  await purger.runOnce(1000);
  assert.equal(made, 1);
});

Deno.test("TrashPurger.runOnce touches nothing while another directory stands in training_data's place", async () => {
  await using store = await open();
  await store.delete("a");
  Deno.renameSync(store.path, `${store.path}.away`);
  Deno.mkdirSync(store.path);
  await assert.rejects(store.purger().runOnce(10 * RETENTION), { code: "training_data_unavailable" });
  Deno.removeSync(store.path);
  Deno.renameSync(`${store.path}.away`, store.path);
  assert.deepEqual(await store.states(), [["a", "trashed"]]);
});

Deno.test("TrashPurger looks by itself until it is stopped", async () => {
  await using store = await open();
  const purger = store.purger(5);
  purger.start();
  await purger.settled;
  await store.delete("a");
  assert.ok(!exists(`${store.path}/a`));
  store.clock.now += RETENTION;
  await until(async () => (await store.states())[0]![1] === "purged", "it was purged");
  await purger.stop();
  await purger.stop();
});
