import assert from "node:assert/strict";
import { exists, listTree } from "../../_harness.ts";
import { assertLike } from "../../_support/scenarios.ts";
import { openTestVolume } from "../../_support/volume.ts";

const TRASH = ".pipekeep-trash";

Deno.test("TrainingData moves a directory out of sight and back, whole, and never over anything", async () => {
  await using volume = await openTestVolume();
  const { trainingData, path } = volume;
  volume.fill("a", { "a.txt": "12345" });
  trainingData.moveToTrash("a", "0-1");
  assert.deepEqual([trainingData.inspect("a"), trainingData.isInTrash("0-1")], ["absent", true]);
  assert.deepEqual(trainingData.trashEntries(), ["0-1"]);
  volume.fill("b");
  assert.throws(() => trainingData.moveToTrash("b", "0-1"), { code: "storage_failed" });
  volume.fill("a", { "new.txt": "x" });
  assert.throws(() => trainingData.restore("0-1", "a"), { code: "storage_failed" });
  assert.deepEqual(listTree(path), [
    `${TRASH}/`,
    `${TRASH}/0-1/`,
    `${TRASH}/0-1/a.txt 5`,
    "a/",
    "a/new.txt 1",
    "b/",
  ]);
  Deno.removeSync(`${path}/a`, { recursive: true });
  trainingData.restore("0-1", "a");
  await trainingData.sync();
  assert.equal(Deno.readTextFileSync(`${path}/a/a.txt`), "12345");
});

Deno.test("TrainingData takes words for task ids and deletion ids alone, whatever stands there", async () => {
  await using volume = await openTestVolume();
  const { trainingData, path } = volume;
  volume.fill("a", { "a.txt": "x" });
  Deno.mkdirSync(`${path}/${TRASH}/0-1`);
  const before = listTree(path);
  for (const id of ["..", ".", "", "a/../b", "/", TRASH, "a\0", "a/a.txt"]) {
    assert.throws(() => trainingData.inspect(id), { code: "invalid_task_id" }, id);
    assert.throws(() => trainingData.moveToTrash(id, "0-2"), { code: "invalid_task_id" }, id);
    assert.throws(() => trainingData.createDirectory(id), { code: "invalid_task_id" }, id);
    assert.throws(() => trainingData.removeEmptyDirectory(id), { code: "invalid_task_id" }, id);
  }
  for (const id of ["..", "", "../a", ".receipt-0", "0-1/..", "A"]) {
    assert.throws(() => trainingData.moveToTrash("a", id), /not a deletion id/, id);
    assert.throws(() => trainingData.restore(id, "b"), /not a deletion id/, id);
    await assert.rejects(trainingData.purge([id]), /not a deletion id/, id);
  }
  assert.deepEqual(listTree(path), before);
});

Deno.test("TrainingData makes a directory where nothing stands, and takes only an empty one back", async () => {
  await using volume = await openTestVolume();
  const { trainingData, path } = volume;
  trainingData.createDirectory("a");
  assert.throws(() => trainingData.createDirectory("a"), { code: "task_exists" });
  Deno.symlinkSync("nowhere", `${path}/link`);
  assert.throws(() => trainingData.createDirectory("link"), { code: "task_exists" });
  volume.fill("a", { "a.txt": "x" });
  assert.throws(() => trainingData.removeEmptyDirectory("a"));
  assert.ok(exists(`${path}/a/a.txt`));
  Deno.removeSync(`${path}/a/a.txt`);
  trainingData.removeEmptyDirectory("a");
  assert.ok(!exists(`${path}/a`));
});

Deno.test("TrainingData lists real directories with task ids, nothing else", async () => {
  await using volume = await openTestVolume();
  volume.fill("task_a");
  volume.fill("not a task");
  Deno.writeTextFileSync(`${volume.path}/file`, "x");
  Deno.symlinkSync("task_a", `${volume.path}/link`);
  assert.deepEqual([...volume.trainingData.taskDirectories()], ["task_a"]);
});

Deno.test("TrainingData measures in place and in the trash alike, and changes nothing by it", async () => {
  await using volume = await openTestVolume();
  const { trainingData, path } = volume;
  volume.fill("a", { "a.txt": "12345" });
  volume.fill("a/sub", { "b.txt": "123" });
  Deno.symlinkSync("/etc", `${path}/a/link`);
  const before = listTree(path);
  const expected = {
    value: { directories: 2, files: 3, bytes: 12, obstacle: (value: unknown) => value === null },
  };
  assertLike(await trainingData.measureInPlace(["a"]), [expected]);
  assert.deepEqual(listTree(path), before);
  trainingData.moveToTrash("a", "0-1");
  assertLike(await trainingData.measureTrash(["0-1"]), [expected]);
  trainingData.restore("0-1", "a");
  assert.deepEqual(listTree(path), before);
});

Deno.test("TrainingData.purge removes its entries and sees that they are gone; what is gone already is fine", async () => {
  await using volume = await openTestVolume();
  const { trainingData, path } = volume;
  volume.fill("elsewhere", { "precious.txt": "x" });
  for (const [id, entry] of [["a", "0-1"], ["b", "0-2"]] as const) {
    volume.fill(id, { "a.txt": "x" });
    Deno.symlinkSync(`${path}/elsewhere`, `${path}/${id}/link`);
    trainingData.moveToTrash(id, entry);
  }
  assert.deepEqual(await trainingData.purge(["0-1", "0-9"]), [null, null]);
  assert.deepEqual(trainingData.trashEntries(), ["0-2"]);
  assert.ok(exists(`${path}/elsewhere/precious.txt`));
});

Deno.test("TrainingData works in no trash but its own", async () => {
  await using volume = await openTestVolume();
  const { trainingData, path } = volume;
  volume.fill("a", { "a.txt": "x" });
  trainingData.moveToTrash("a", "0-1");
  volume.fill("b");
  Deno.renameSync(`${path}/${TRASH}`, `${path}/aside`);
  Deno.mkdirSync(`${path}/${TRASH}/0-1`, { recursive: true, mode: 0o700 });
  const before = listTree(path);
  assert.equal(trainingData.isInPlace(), false);
  assert.throws(() => trainingData.moveToTrash("b", "0-2"), { code: "training_data_unavailable" });
  assert.throws(() => trainingData.restore("0-1", "a"), { code: "training_data_unavailable" });
  assert.throws(() => trainingData.trashEntries(), { code: "training_data_unavailable" });
  await assert.rejects(trainingData.sync(), { code: "training_data_unavailable" });
  assertLike(await trainingData.purge(["0-1"]), [{
    permissionDenied: true,
    message: /is not the directory it was/,
  }]);
  assert.deepEqual(listTree(path), before);
});

Deno.test("TrainingData.lastChange knows the directory and its top level, and nothing below", async () => {
  await using volume = await openTestVolume();
  const { trainingData, path } = volume;
  volume.fill("a/sub", { "below.txt": "x" });
  volume.fill("a", { "a.txt": "x" });
  const at = (name: string, seconds: number) => Deno.utimeSync(`${path}/${name}`, seconds, seconds);
  at("a/sub/below.txt", 4000);
  at("a/sub", 1000);
  at("a/a.txt", 3000);
  at("a", 2000);
  assert.deepEqual(trainingData.lastChange("a", Infinity), { directory: 2_000_000, newest: 3_000_000 });
  assert.deepEqual(trainingData.lastChange("a", 1_000_000), { directory: 2_000_000, newest: 2_000_000 });
});

Deno.test("TrainingData.nameOf reads the task of a watched path, of its own top level alone", async () => {
  await using volume = await openTestVolume();
  const { trainingData } = volume;
  const root = Deno.realPathSync(volume.path);
  assert.equal(trainingData.nameOf(`${root}/task_a`), "task_a");
  for (const path of [root, `${root}/`, `${root}/a/b`, `${root}/${TRASH}`, `${root}x/task_a`, "/task_a"]) {
    assert.equal(trainingData.nameOf(path), undefined, path);
  }
});
