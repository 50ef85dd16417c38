import assert from "node:assert/strict";
import { type DeletionItem, ended, inStage, withChanged } from "../../../services/deletion/item.ts";
import { skipped } from "../../../services/deletion/outcome.ts";

const item = (task_id: string, stage: "claimed" | "moved"): DeletionItem => ({
  stage,
  task_id,
  deletion_id: `0-${task_id}`,
  deletes_record: false,
});

Deno.test("inStage gives the items of one stage, in their order", () => {
  const items = [item("a", "moved"), item("b", "claimed"), item("c", "moved"), ended(skipped("d"))];
  assert.deepEqual(inStage(items, "moved").map((one) => one.task_id), ["a", "c"]);
  assert.deepEqual(inStage(items, "ended").map((one) => one.task_id), ["d"]);
  assert.deepEqual(inStage(items, "recorded"), []);
});

Deno.test("withChanged puts items in the places of those of the same task, and leaves the rest", () => {
  const items = [item("a", "claimed"), item("b", "claimed"), item("c", "claimed")];
  const changed = withChanged(items, [ended(skipped("c")), item("a", "moved"), item("nobody", "moved")]);
  assert.deepEqual(changed.map((one) => [one.task_id, one.stage]), [["a", "moved"], ["b", "claimed"], [
    "c",
    "ended",
  ]]);
  assert.equal(items[0]!.stage, "claimed");
});
