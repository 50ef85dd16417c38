/** What is stuck in the trash is tried again while the program runs, less and less often. */
import assert from "node:assert/strict";
import { boot, exists, type Harness, until, V0 } from "../../_harness.ts";
import { markDirectoriesGone } from "../../../db/queries/pipeline_tasks.ts";
import { TrashRetries } from "../../../services/deletion/retries.ts";
import { move, strand } from "../../../services/deletion/steps.ts";
import { openDeletions } from "../../_support/deletions.ts";
import { canLock, lockDirectory } from "../../_support/locked.ts";
import { assertLike, register, standingClock } from "../../_support/scenarios.ts";
import { withStore } from "../../_support/store.ts";

const SOON = { look_ms: 5, first_ms: 10, longest_ms: 40 };

async function stateOf(harness: Harness): Promise<string> {
  return (await harness.call("GET", `${V0}/deletions?task_id=task_a`)).body.data.deletions[0].outcome;
}

function trashNames(harness: Harness): string[] {
  return [...Deno.readDirSync(`${harness.trainingData}/.pipekeep-trash`)].map((entry) => entry.name)
    .filter((name) => !name.startsWith(".volume-"));
}

Deno.test({
  name: "TrashRetries ends a purge that failed half way, while the program runs",
  // A directory that resists in the trash: as root, by a flag of the file system.
  ignore: Deno.uid() !== 0 || !canLock(),
  fn: async () => {
    await using harness = await boot({ seams: { retries: SOON } });
    await register(harness, "task_a", "other");
    harness.fill("task_a", { "sub/deep/a.txt": "12345", "b.txt": "1" });
    // Made immutable between survey and purge, so that no survey finds it beforehand.
    let lock: Disposable | undefined;
    harness.app.events.on("deletion.step", ({ step }) => {
      if (step !== "recorded") return;
      const [entry] = trashNames(harness).filter((name) => !name.startsWith("."));
      lock = lockDirectory(`${harness.trainingData}/.pipekeep-trash/${entry}/sub/deep`);
    });
    const { status, body } = await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
    assert.equal(status, 500, JSON.stringify(body));
    assert.equal(body.error_code, "PURGE_INCOMPLETE");
    assert.equal(await stateOf(harness), "purge_failed");
    assert.ok(lock !== undefined);
    lock[Symbol.dispose]();
    await until(async () => await stateOf(harness) === "purged", "it is purged");
    assert.deepEqual(trashNames(harness), []);
    const log = (await harness.call("GET", `${V0}/deletions?task_id=task_a`)).body.data.deletions;
    assertLike(log, [{ deleted_files_count: 2, deleted_size_bytes: 6 }]);
  },
});

Deno.test("TrashRetries puts a stranded directory back once its place is free, and not before", async () => {
  await using harness = await boot({ seams: { retries: SOON } });
  await register(harness, "task_a", "other");
  harness.fill("task_a", { "a.txt": "12345" });
  Deno.renameSync(`${harness.trainingData}/task_a`, `${harness.trainingData}/.pipekeep-trash/0d-1`);
  harness.fill("task_a", { "new.txt": "1" });
  withStore(harness, (store) =>
    store.exec(
      `INSERT INTO deletions (volume_id, deletion_id, task_id, state, who, request_id, delete_database_records, force,
         requested_at, finished_at, error_code)
       SELECT substr(name, 8), '0d-1', 'task_a', 'stranded', 'w', 'r', 0, 0, 1, 2, 'storage_failed'
       FROM settings WHERE name LIKE 'volume:%'`,
    ));
  // Two more looks: it was due in between.
  const { retries } = harness.app;
  for (let i = 0; i < 2; i++) await retries.runOnce(performance.now() + 1e6 * (i + 1));
  assert.equal(await stateOf(harness), "stranded");
  assert.equal(Deno.readTextFileSync(`${harness.trainingData}/task_a/new.txt`), "1");
  Deno.removeSync(`${harness.trainingData}/task_a`, { recursive: true });
  await harness.app.reconciler.runOnce(Date.now());
  assertLike((await harness.call("GET", `${V0}/tasks/task_a`)).body.data, { directory_exists: false });
  await until(async () => {
    await retries.runOnce(performance.now() + 1e9);
    return await stateOf(harness) === "released";
  }, "it is put back");
  assert.equal(Deno.readTextFileSync(`${harness.trainingData}/task_a/a.txt`), "12345");
  assert.ok(!exists(`${harness.trainingData}/.pipekeep-trash/0d-1`));
  assertLike((await harness.call("GET", `${V0}/tasks/task_a`)).body.data, { directory_exists: true });
});

Deno.test({
  name: "TrashRetries waits twice as long after each failure, up to the longest",
  ignore: Deno.uid() !== 0 || !canLock(),
  fn: async () => {
    const clock = standingClock();
    await using harness = await boot({
      seams: { clock: clock.read, retries: { look_ms: 3_600_000, first_ms: 1000, longest_ms: 5000 } },
    });
    await register(harness, "task_a", "other");
    const entry = `${harness.trainingData}/.pipekeep-trash/0d-1`;
    Deno.mkdirSync(`${entry}/sub`, { recursive: true });
    Deno.writeTextFileSync(`${entry}/sub/a.txt`, "1");
    withStore(harness, (store) =>
      store.exec(
        `INSERT INTO deletions (volume_id, deletion_id, task_id, state, who, request_id, delete_database_records, force,
           requested_at, trashed_at, finished_at, error_code, deleted_files_count, deleted_size_bytes, unmeasured_files)
         SELECT substr(name, 8), '0d-1', 'task_a', 'purge_failed', 'w', 'r', 0, 0, 1, 1, 2, 'storage_failed', 1, 1, 0
         FROM settings WHERE name LIKE 'volume:%'`,
      ));
    using _lock = lockDirectory(`${entry}/sub`);
    const triedAt: number[] = [];
    for (let at = 0; at <= 20_000; at += 500) {
      clock.now++;
      await harness.app.retries.runOnce(at);
      const log = await harness.app.log.page({ task_id: "task_a" }, { limit: 1, offset: 0 });
      if (log.rows[0]!.finished_at === clock.now) triedAt.push(at);
    }
    // First seen at 0, then after 1, 2, 4, 5 and 5 seconds.
    assert.deepEqual(triedAt, [1000, 3000, 7000, 12_000, 17_000]);
  },
});

Deno.test("TrashRetries ends a purge before which the trash could not be looked at", async () => {
  await using harness = await boot({ seams: { retries: SOON } });
  await register(harness, "task_a", "other");
  harness.fill("task_a", { "a.txt": "12345" });
  const original = Deno.lstatSync;
  harness.app.events.on("deletion.step", ({ step }) => {
    if (step !== "recorded") return;
    Deno.lstatSync = (path) => {
      if (String(path).endsWith("/.pipekeep-trash")) {
        throw Object.assign(new Error("Input/output error (os error 5)"), { code: "EIO" });
      }
      return original(path);
    };
  });
  try {
    const { body } = await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
    assert.equal(body.error_code, "PURGE_INCOMPLETE", JSON.stringify(body));
    assert.equal(await stateOf(harness), "purge_failed");
  } finally {
    Deno.lstatSync = original;
  }
  await until(async () => await stateOf(harness) === "purged", "it is purged");
  assert.deepEqual(trashNames(harness), []);
});

/** Without a server: a stranded directory of `a`, and retries that try whatever is there. */
async function openStranded() {
  const store = await openDeletions();
  await store.make("a");
  const [item] = await store.claimAll(["a"]);
  move(store.trainingData, item!);
  await store.database.decide([], (trx) => strand(trx, [item!.deletion_id], 1000));
  const retries = new TrashRetries(store.dependencies);
  const tryAll = async () => {
    await retries.runOnce(0);
    return await retries.runOnce(1e9);
  };
  return { ...store, stranded: item!.deletion_id, tryAll };
}

Deno.test("TrashRetries puts nothing where a deletion that is under way may have to put something back", async () => {
  await using store = await openStranded();
  store.fill("a", { "new.txt": "1" });
  const [item] = await store.claimAll(["a"]);
  move(store.trainingData, item!);
  const before = await store.state();
  assert.equal(await store.tryAll(), 0);
  assert.deepEqual(await store.state(), before);
  assertLike(await store.rowOf(store.stranded), { state: "stranded" });
});

Deno.test("TrashRetries ends the row of a stranded directory that was taken away by hand, and does not call it there", async () => {
  await using store = await openStranded();
  Deno.removeSync(`${store.path}/.pipekeep-trash/${store.stranded}`, { recursive: true });
  await markDirectoriesGone(store.database.kysely, store.trainingData.volumeId, ["a"], 1000);
  assert.equal(await store.tryAll(), 1);
  assertLike(await store.rowOf(store.stranded), { state: "released" });
  assertLike(await store.records(), [{ task_id: "a", directory_exists: 0 }]);
});
