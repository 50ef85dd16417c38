import assert from "node:assert/strict";
import { inStage, withChanged } from "../../../services/deletion/item.ts";
import { failed } from "../../../services/deletion/outcome.ts";
import { move, survey } from "../../../services/deletion/steps.ts";
import { putBackObstructed, undo } from "../../../services/deletion/undo.ts";
import { exists } from "../../_harness.ts";
import { openDeletions } from "../../_support/deletions.ts";
import { assertLike } from "../../_support/scenarios.ts";

Deno.test("undo takes everything back that is not recorded: first the directories, then the rows", async () => {
  await using store = await openDeletions();
  for (const id of ["claimed", "moved", "surveyed", "taken"]) await store.make(id);
  const before = store.tree();
  let items = await store.claim(["claimed", "moved", "surveyed", "taken"]);
  const claimed = inStage(items, "claimed").slice(1).map((item) => move(store.trainingData, item));
  items = withChanged(items, claimed);
  items = withChanged(items, await survey(store.trainingData, inStage(items, "moved").slice(1, 2)));
  store.fill("taken", { "new.txt": "precious" });
  assert.deepEqual(items.map((item) => item.stage), ["claimed", "moved", "surveyed", "moved"]);
  await undo(store.dependencies, store.trainingData, items);
  assert.deepEqual((await store.log()).map((row) => [row.task_id, row.state]), [
    ["claimed", "released"],
    ["moved", "released"],
    ["surveyed", "released"],
    ["taken", "stranded"],
  ]);
  for (const name of before.filter((name) => !name.startsWith("taken"))) {
    assert.ok(store.tree().includes(name), name);
  }
  assert.equal(Deno.readTextFileSync(`${store.path}/taken/new.txt`), "precious");
  assert.ok(exists(`${store.path}/.pipekeep-trash/0-4/a.txt`));
  assert.ok((await store.records()).every((row) => row.directory_exists === 1));
});

Deno.test("undo puts the rows off that the database refuses, and the directories are back all the same", async () => {
  await using store = await openDeletions();
  await store.make("a");
  const items = (await store.claimAll(["a"])).map((item) => move(store.trainingData, item));
  store.faults.arm("lost");
  await undo(store.dependencies, store.trainingData, items);
  assert.ok(exists(`${store.path}/a/a.txt`));
  assertLike(await store.rowOf("0-1"), { state: "intent" });
  await store.deferred.make();
  assertLike(await store.rowOf("0-1"), { state: "released" });
});

Deno.test("putBackObstructed brings back what cannot be removed whole, to be refused; or strands it", async () => {
  await using store = await openDeletions();
  for (const id of ["a", "taken", "fine"]) await store.make(id);
  const moved = (await store.claimAll(["a", "taken", "fine"])).map((item) => move(store.trainingData, item));
  const items = inStage(moved, "moved").map((item) =>
    item.task_id === "fine"
      ? item
      : { ...item, stage: "obstructed" as const, outcome: failed(item.task_id, "permission_denied") }
  );
  store.fill("taken");
  assertLike(await putBackObstructed(store.dependencies, store.trainingData, items), [
    { stage: "refused", task_id: "a", outcome: { code: "permission_denied" } },
    { stage: "ended", task_id: "taken", outcome: { outcome: "failed", code: "permission_denied" } },
  ]);
  assert.ok(exists(`${store.path}/a/a.txt`));
  assert.ok(!exists(`${store.path}/fine`));
  assert.deepEqual((await store.log()).map((row) => row.state), ["intent", "stranded", "intent"]);
});
