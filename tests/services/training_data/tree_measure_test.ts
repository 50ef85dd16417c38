import assert from "node:assert/strict";
import {
  emptyMeasure,
  settleTogether,
  type SharedInodes,
  type TreeMeasure,
  wholeOf,
} from "../../../services/training_data/tree_measure.ts";

function part(shared: SharedInodes, bytes = 0): TreeMeasure {
  return { ...emptyMeasure(), bytes, allocated: 100, freed: 100, shared };
}

Deno.test("wholeOf counts a file with several names once, and frees it when all of them are in the tree", () => {
  // Inode 7 has two names, one in each part; inode 8 has a third one outside.
  const whole = wholeOf([part([7, 2, 1, 4096, 8, 3, 1, 512], 5), part([7, 2, 1, 4096, 8, 3, 1, 512], 6)]);
  assert.deepEqual(whole, {
    ...emptyMeasure(),
    bytes: 11,
    allocated: 200 + 4096 + 512,
    freed: 200 + 4096,
    shared: [8, 3, 2, 512],
  });
});

Deno.test("wholeOf keeps the first obstacle of its parts", () => {
  const obstructed = (obstacle: TreeMeasure["obstacle"]) => ({ ...emptyMeasure(), obstacle });
  const parts = [obstructed(null), obstructed("permission_denied"), obstructed("path_forbidden")];
  assert.equal(wholeOf(parts).obstacle, "permission_denied");
});

Deno.test("settleTogether frees what only trees of one removal share, once, with the last of them", () => {
  const first = wholeOf([part([7, 2, 1, 4096, 8, 3, 1, 512])]);
  const second = wholeOf([part([7, 2, 1, 4096, 8, 3, 1, 512])]);
  settleTogether([first, second]);
  assert.deepEqual([first.freed, second.freed], [100, 100 + 4096]);
});
