import assert from "node:assert/strict";
import { TreePool } from "../../../services/training_data/tree_pool.ts";
import { BELOW_MAX } from "../../../services/training_data/tree_walk.ts";
import { Trees } from "../../../services/training_data/trees.ts";
import { exists } from "../../_harness.ts";
import { makeDisk, TYPELESS_EXT4, whyNoDisk } from "../../_support/loop_mount.ts";
import { assertLike } from "../../_support/scenarios.ts";
import { contextOf, openWalk, WALK_FORMS } from "../../_support/walks.ts";

/** A tree of `3 ** depth` leaves, each with a file of five bytes. */
function makeTree(path: string, depth: number): void {
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/file`, "12345");
  for (let i = 0; depth > 0 && i < 3; i++) makeTree(`${path}/${i}`, depth - 1);
}

async function open(
  body: (folder: string, trees: Trees) => Promise<void>,
  dir?: string,
): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_trees_", dir });
  const pool = new TreePool({ size: 2 });
  try {
    await body(folder, new Trees(pool));
  } finally {
    pool.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("Trees counts one deep tree in parts as many trees whole: each entry once", async () => {
  await open(async (folder, trees) => {
    const names = Array.from({ length: 20 }, (_, i) => `many_${i}`);
    for (const name of names) makeTree(`${folder}/${name}`, 1);
    makeTree(`${folder}/deep`, 5);
    const context = contextOf(folder);
    // (3 ** 6 - 1) / 2 directories, each with a file.
    assertLike(await trees.measure(["deep"], context), [{
      value: { directories: 364, files: 364, bytes: 1820 },
    }]);
    const many = await trees.measure(names, context);
    assert.equal(many.length, 20);
    for (const one of many) assertLike(one, { value: { directories: 4, files: 4, bytes: 20 } });
  });
});

Deno.test("Trees gives one outcome per name, in their order, failures among them", async () => {
  await open(async (folder, trees) => {
    for (const name of ["a", "b"]) makeTree(`${folder}/${name}`, 1);
    const outcomes = await trees.measure(["a", "gone", "b"], { ...contextOf(folder), inTrash: true });
    assert.deepEqual(outcomes.map((outcome) => outcome.error === undefined), [true, false, true]);
  });
});

Deno.test("Trees removes what it is told alone, in parts or whole", async () => {
  await open(async (folder, trees) => {
    makeTree(`${folder}/deep`, 5);
    makeTree(`${folder}/kept`, 1);
    const outcomes = await trees.remove(["deep", "gone"], { ...contextOf(folder), inTrash: true });
    assert.deepEqual(outcomes.map((outcome) => outcome.error), [undefined, undefined]);
    assert.deepEqual([exists(`${folder}/deep`), exists(`${folder}/kept/0/file`)], [false, true]);
  });
});

Deno.test("Trees names no more subdirectories of one directory than it needs, and counts them all", async () => {
  await open(async (folder, trees) => {
    const more = BELOW_MAX + 1;
    for (let i = 0; i < more; i++) Deno.mkdirSync(`${folder}/tree/${i}`, { recursive: true });
    const context = contextOf(folder);
    for (const form of WALK_FORMS) {
      using walk = openWalk(form, context);
      assert.throws(() => walk.list("tree"), { code: "E2BIG" }, form);
    }
    assertLike(await trees.measure(["tree"], context), [{
      value: { directories: more + 1, obstacle: null },
    }]);
    assert.deepEqual(await trees.remove(["tree"], context), [{ value: undefined }]);
    assert.ok(!exists(`${folder}/tree`));
  });
});

const noTypeless = whyNoDisk(4, TYPELESS_EXT4);

Deno.test({
  name: "Trees misses no directory where the file system does not tell what an entry is" +
    (noTypeless ? ` (${noTypeless})` : ""),
  ignore: noTypeless !== undefined,
  fn: async () => {
    using disk = makeDisk(4, TYPELESS_EXT4);
    await open(async (folder, trees) => {
      makeTree(`${folder}/deep`, 3);
      const context = contextOf(folder);
      assertLike(await trees.measure(["deep"], context), [{
        value: { directories: 40, files: 40, bytes: 200, obstacle: null },
      }]);
      const protect = async (flag: string) =>
        await new Deno.Command("chattr", { args: [flag, `${folder}/deep/1/2/file`] }).output();
      await protect("+i");
      assertLike(await trees.measure(["deep"], context), [{ value: { obstacle: "permission_denied" } }]);
      await protect("-i");
      assert.deepEqual(await trees.remove(["deep"], context), [{ value: undefined }]);
      assert.ok(!exists(`${folder}/deep`));
    }, disk.path);
  },
});
