/** Names that only bytes can say, and paths that the system does not take. */
import assert from "node:assert/strict";
import { boot, exists, V0 } from "../../../_harness.ts";
import { assertTrashIsEmpty, removeOne } from "../../../_support/trees.ts";
import { assertLike, detailOf, register } from "../../../_support/scenarios.ts";

/** Makes files by names that are bytes, not text; `printf` writes the bytes. */
function makeOddFiles(folder: string, ...names: string[]): void {
  for (const name of names) {
    const script =
      `cd "$1" && n=$(printf '${name}') && mkdir -p -- "./$(dirname -- "$n")" && printf 1234567 > "./$n"`;
    const { success, stderr } = new Deno.Command("sh", { args: ["-c", script, "sh", folder] }).outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
}

Deno.test("DELETE /tasks removes what has names that are no UTF-8 or paths that are too long, and counts it exactly", async () => {
  await using harness = await boot();
  await register(harness, "odd");
  const place = `${harness.trainingData}/odd`;
  makeOddFiles(place, "\\377", "latin1_\\344\\366.txt", "sub/half_\\345\\220", "folder_\\377/a");
  makeDeep(place);
  // Four files of seven bytes; the deep one is empty.
  const expected = { deleted_files_count: 5, deleted_size_bytes: 28 };
  const planned = await removeOne(harness, "odd", { dry_run: true });
  const { data } = await removeOne(harness, "odd");
  assertLike(planned.data.deleted_tasks, [{ directory_deleted: false, ...expected }]);
  assertLike(data.deleted_tasks, [{ directory_deleted: true, ...expected }]);
  assert.equal(exists(place), false);
  assertTrashIsEmpty(harness);
});

/** Directories below each other until their path is longer than the system takes. */
function makeDeep(place: string): void {
  const name = "d".repeat(250);
  const script =
    `cd "$1" && for i in $(seq 18); do mkdir ${name} && cd ./${name} || exit 1; done && : > deep`;
  const { success } = new Deno.Command("bash", { args: ["-c", script, "bash", place] }).outputSync();
  assert.ok(success);
}

/** Where libc is not to be had. */
const WITHOUT_LIBC = { seams: { libraries: [] } };

Deno.test("DELETE /tasks without libc removes files whose names are no UTF-8, and says how many it could not measure", async () => {
  await using harness = await boot(WITHOUT_LIBC);
  await register(harness, "odd");
  harness.fill("odd", { "plain": "12345" });
  makeOddFiles(`${harness.trainingData}/odd`, "\\377", "latin1_\\344\\366.txt", "sub/half_\\345\\220");
  const planned = await removeOne(harness, "odd", { dry_run: true });
  const { data } = await removeOne(harness, "odd");
  const expected = { deleted_files_count: 4, deleted_size_bytes: 5, unmeasured_files: 3 };
  assertLike(data.deleted_tasks, [{ directory_deleted: true, ...expected }]);
  assertLike(planned.data.deleted_tasks, [{ directory_deleted: false, ...expected }]);
  assert.equal(exists(`${harness.trainingData}/odd`), false);
  assertTrashIsEmpty(harness);
  const log = await harness.call("GET", `${V0}/deletions`);
  assertLike(log.body.data.deletions, [{ task_id: "odd", ...expected }]);
});

Deno.test("DELETE /tasks without libc leaves a tree whole that holds a directory it cannot examine", async (t) => {
  const cases: [name: string, make: (place: string) => void][] = [
    ["its name is no UTF-8", (place) => makeOddFiles(place, "folder_\\377/a", "folder_\\377/b", "c")],
    ["its path is longer than the system takes", makeDeep],
  ];
  for (const [name, make] of cases) {
    await t.step(name, async () => {
      await using harness = await boot(WITHOUT_LIBC);
      await register(harness, "odd");
      const place = `${harness.trainingData}/odd`;
      make(place);
      const before = disk(place);
      for (const options of [{ dry_run: true }, {}, { delete_database_records: true }]) {
        const { data } = await removeOne(harness, "odd", options);
        assertLike(data.failed_tasks, [{ task_id: "odd", error_code: "PATH_FORBIDDEN" }]);
      }
      assert.equal((await harness.call("DELETE", `${V0}/tasks/odd`, { confirm: true })).status, 403);
      assert.equal(disk(place), before);
      assertLike(await detailOf(harness, "odd"), { directory_exists: true });
      assertTrashIsEmpty(harness);
    });
  }
});

/** Names as bytes, and inodes, which a test could not read otherwise. */
function disk(place: string): string {
  const { success, stdout } = new Deno.Command("find", { args: [place, "-printf", "%i %s\n"] }).outputSync();
  assert.ok(success);
  return new TextDecoder().decode(stdout);
}
