import assert from "node:assert/strict";
import { TreePool } from "../../../services/training_data/tree_pool.ts";
import { Trees } from "../../../services/training_data/trees.ts";
import { exists } from "../../_harness.ts";
import { assertLike } from "../../_support/scenarios.ts";
import { contextOf } from "../../_support/walks.ts";

/** A tree of `3 ** depth` leaves, each with a file of five bytes. */
function makeTree(path: string, depth: number): void {
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/file`, "12345");
  for (let i = 0; depth > 0 && i < 3; i++) makeTree(`${path}/${i}`, depth - 1);
}

async function open(body: (folder: string, trees: Trees) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_trees_" });
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
