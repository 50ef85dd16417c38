import assert from "node:assert/strict";
import { DeletionPreview } from "../../../services/deletion/preview.ts";
import { openDeletions, OPTIONS } from "../../_support/deletions.ts";
import { assertLike } from "../../_support/scenarios.ts";

Deno.test("DeletionPreview measures exactly, says of each what a deletion would, and changes nothing", async () => {
  await using store = await openDeletions();
  await store.make("a");
  store.fill("a/sub", { "b.txt": "123" });
  store.fill("stray");
  await store.make("busy", { status: "running", started_at: 1 });
  Deno.symlinkSync("a", `${store.path}/link`);
  const before = [await store.state(), await store.log()];
  const preview = new DeletionPreview(store.dependencies);
  const outcomes = await preview.of(["a", "stray", "busy", "link", "nobody", "../x"], {
    ...OPTIONS,
    delete_database_records: true,
  });
  const planned = {
    outcome: "deleted",
    directory_deleted: false,
    database_records_deleted: false,
    in_trash: false,
  };
  assertLike(outcomes, [
    { ...planned, files: 2, bytes: 8, had_directory: true },
    { ...planned, files: 0, bytes: 0 },
    { outcome: "failed", code: "task_running" },
    { outcome: "failed", code: "path_forbidden" },
    { outcome: "failed", code: "task_not_found" },
    { outcome: "failed", code: "invalid_task_id" },
  ]);
  assert.deepEqual([await store.state(), await store.log()], before);
});

Deno.test("DeletionPreview skips what follows the first failure, when a deletion would", async () => {
  await using store = await openDeletions();
  await store.make("a");
  await store.make("b");
  const preview = new DeletionPreview({ ...store.dependencies, retention_ms: 1 });
  const outcomes = await preview.of(["a", "nobody", "b"], { ...OPTIONS, continue_on_error: false });
  assertLike(outcomes, [{ outcome: "deleted", in_trash: true }, { outcome: "failed" }, {
    outcome: "skipped",
  }]);
});
