import assert from "node:assert/strict";
import { boot, exists, listTree, V0 } from "../../../_harness.ts";
import { assertTrashIsEmpty, removeOne } from "../../../_support/trees.ts";
import { assertLike, detailOf, register, standingClock } from "../../../_support/scenarios.ts";

function makeFile(path: string, size: number): void {
  using file = Deno.openSync(path, { write: true, create: true });
  file.truncateSync(size);
}

Deno.test("DELETE /tasks counts files and bytes of whatever stands in the directory", async (t) => {
  await using harness = await boot();
  const nested = "n/".repeat(40);
  const cases: [name: string, files: Record<string, string>, count: number, bytes: number][] = [
    ["an empty directory", {}, 0, 0],
    ["files at the top", { "a": "1", "b": "22", "c": "" }, 3, 3],
    ["a nested tree", { "a/b/c/d": "1", "a/b/e": "22", "a/f": "333", [`${nested}deep`]: "4444" }, 4, 10],
    ["hidden files and folders", { ".hidden": "1", ".git/config": "22", "...": "333" }, 3, 6],
    [
      "names with spaces, newlines, quotes and Chinese",
      {
        "a b": "1",
        "line\nbreak": "1",
        " ": "1",
        "'\"`$(x);*?": "1",
        "高速公路/服务区 明细.md": "1",
        "-rf": "1",
        "back\\slash": "1",
      },
      7,
      7,
    ],
    [
      "names that look like ids, and like the trash",
      { "other_task/file": "1", ".pipekeep-trash/x": "1" },
      2,
      2,
    ],
    ["Chinese text, in bytes", { "a.txt": "任务" }, 1, 6],
    [
      "many files",
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`d${i % 7}/${i}`, "x"])),
      300,
      300,
    ],
  ];
  for (const [name, files, count, bytes] of cases) {
    await t.step(name, async () => {
      await register(harness, "tree");
      harness.fill("tree", files);
      const planned = await removeOne(harness, "tree", { dry_run: true });
      const { data } = await removeOne(harness, "tree", { delete_database_records: true });
      assertLike(data.deleted_tasks, [{
        directory_deleted: true,
        database_records_deleted: true,
        deleted_files_count: count,
        deleted_size_bytes: bytes,
        unmeasured_files: undefined,
      }]);
      assert.deepEqual(
        [planned.data.deleted_tasks[0].deleted_files_count, planned.data.deleted_tasks[0].deleted_size_bytes],
        [count, bytes],
      );
      assert.equal(exists(`${harness.trainingData}/tree`), false);
      assertTrashIsEmpty(harness);
    });
  }
});

Deno.test("DELETE /tasks formats sizes in base 1024 with one decimal, whole below 1024", async (t) => {
  await using harness = await boot();
  const MB = 1024 * 1024;
  const cases: [bytes: number, text: string][] = [
    [0, "0 B"],
    [1, "1 B"],
    [812, "812 B"],
    [1023, "1023 B"],
    [1024, "1.0 KB"],
    [1536, "1.5 KB"],
    [2.5 * MB - 1, "2.5 MB"],
    [2.5 * MB, "2.5 MB"],
    [MB - 1, "1.0 MB"],
    [MB, "1.0 MB"],
    [1024 * MB, "1.0 GB"],
  ];
  for (const [bytes, text] of cases) {
    await t.step(`${bytes} bytes are ${text}`, async () => {
      await register(harness, "sized");
      makeFile(`${harness.trainingData}/sized/file`, bytes);
      const { data } = await removeOne(harness, "sized", { delete_database_records: true });
      assertLike(data, {
        deleted_tasks: [{ deleted_files_count: 1, deleted_size: text, deleted_size_bytes: bytes }],
        summary: { total_size_freed: text, total_size_freed_bytes: bytes },
      });
    });
  }
});

Deno.test("DELETE /tasks sums up the sizes of all it deleted", async () => {
  await using harness = await boot();
  for (const [task_id, size] of [["a", 1536], ["b", 2560], ["c", 0]] as const) {
    await register(harness, task_id);
    makeFile(`${harness.trainingData}/${task_id}/file`, size);
  }
  const { body } = await harness.call("DELETE", `${V0}/tasks`, {
    task_ids: ["a", "b", "gone", "c"],
    confirm: true,
  });
  assertLike(body.data.summary, { total_size_freed: "4.0 KB", total_size_freed_bytes: 4096 });
});

Deno.test("DELETE /tasks removes links without following them", async () => {
  await using harness = await boot();
  const outside = `${harness.folder}/outside`;
  Deno.mkdirSync(`${outside}/sub`, { recursive: true });
  Deno.writeTextFileSync(`${outside}/sub/file`, "keep me");
  Deno.chmodSync(`${outside}/sub/file`, 0o640);
  await register(harness, "links", "neighbour");
  harness.fill("neighbour", { "file": "keep me" });
  harness.fill("links", { "sub/own": "12345" });
  const place = `${harness.trainingData}/links`;
  Deno.symlinkSync(outside, `${place}/folder`);
  Deno.symlinkSync(`${outside}/sub/file`, `${place}/file`);
  Deno.symlinkSync("../neighbour", `${place}/relative`);
  Deno.symlinkSync("/", `${place}/sub/root`);
  Deno.symlinkSync("..", `${place}/sub/loop`);
  Deno.symlinkSync("nowhere", `${place}/sub/broken`);
  Deno.linkSync(`${outside}/sub/file`, `${place}/hard`);
  const { data } = await removeOne(harness, "links");
  assertLike(data.deleted_tasks, [{ directory_deleted: true, deleted_files_count: 8 }]);
  assert.equal(exists(place), false);
  assertTrashIsEmpty(harness);
  assert.deepEqual(listTree(outside), ["sub/", "sub/file 7"]);
  assert.equal(Deno.readTextFileSync(`${outside}/sub/file`), "keep me");
  assert.equal(Deno.statSync(`${outside}/sub/file`).mode! & 0o777, 0o640);
  assert.equal(Deno.readTextFileSync(`${harness.trainingData}/neighbour/file`), "keep me");
});

Deno.test("DELETE /tasks marks the record and keeps it, unless told to delete it", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "marked", "erased", "untouched");
  const before = await detailOf(harness, "marked");
  const untouched = await detailOf(harness, "untouched");
  clock.now += 1500;
  await removeOne(harness, "marked");
  assert.deepEqual({ ...await detailOf(harness, "marked"), directory_size_bytes: null }, {
    ...before,
    directory_exists: false,
    updated_at: "2025-07-02T22:57:22.817000",
  });
  const { data } = await removeOne(harness, "erased", { delete_database_records: true });
  assert.equal(data.deleted_tasks[0].database_records_deleted, true);
  assert.equal((await harness.call("GET", `${V0}/tasks/erased`)).status, 404);
  assert.deepEqual(await detailOf(harness, "untouched"), untouched);
});

Deno.test("DELETE /tasks is harmless the second time, and may delete the record later", async () => {
  await using harness = await boot();
  await register(harness, "twice");
  harness.fill("twice", { "file": "x" });
  const first = await removeOne(harness, "twice");
  assertLike(first, { message: "任务目录删除成功", data: { deleted_tasks: [{ directory_deleted: true }] } });
  const nothing = {
    task_id: "twice",
    success: true,
    directory_deleted: false,
    deleted_files_count: 0,
    deleted_size: "0 B",
    deleted_size_bytes: 0,
  };
  const second = await removeOne(harness, "twice");
  assertLike(second, {
    success: true,
    data: { deleted_tasks: [{ ...nothing, database_records_deleted: false }], failed_tasks: [] },
  });
  assert.equal((await detailOf(harness, "twice")).directory_exists, false);
  const third = await removeOne(harness, "twice", { delete_database_records: true });
  assertLike(third.data.deleted_tasks, [{ ...nothing, database_records_deleted: true }]);
  const fourth = await removeOne(harness, "twice", { delete_database_records: true });
  assertLike(fourth.data.failed_tasks, [{ error: "任务目录不存在", error_code: "DELETE_FAILED" }]);
});

Deno.test("DELETE /tasks deletes a directory that has no record, and adds none", async () => {
  await using harness = await boot();
  harness.fill("stray", { "file": "x" });
  const { data } = await removeOne(harness, "stray", { delete_database_records: true });
  assertLike(data.deleted_tasks, [{
    task_id: "stray",
    directory_deleted: true,
    database_records_deleted: false,
    deleted_files_count: 1,
  }]);
  assert.equal(exists(`${harness.trainingData}/stray`), false);
  assert.equal((await harness.call("GET", `${V0}/tasks`)).body.data.total, 0);
});

Deno.test("DELETE /tasks marks a record whose directory somebody else removed, or made anew", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "by_hand");
  Deno.removeSync(`${harness.trainingData}/by_hand`);
  const { data } = await removeOne(harness, "by_hand");
  assertLike(data.deleted_tasks, [{ directory_deleted: false, deleted_files_count: 0 }]);
  assertLike(await detailOf(harness, "by_hand"), { directory_exists: false });
  harness.fill("by_hand", { "new": "x" });
  clock.now += 1000;
  const again = await removeOne(harness, "by_hand");
  assertLike(again.data.deleted_tasks, [{ directory_deleted: true, deleted_files_count: 1 }]);
  assertLike(await detailOf(harness, "by_hand"), {
    directory_exists: false,
    updated_at: "2025-07-02T22:57:22.317000",
  });
});
