import assert from "node:assert/strict";
import { PipekeepError } from "../../../domain/errors.ts";
import { deleted, deletedBefore, failed, failureOf, skipped } from "../../../services/deletion/outcome.ts";
import { emptyMeasure } from "../../../services/training_data/tree_measure.ts";
import { assertLike } from "../../_support/scenarios.ts";

const ITEM = { task_id: "a", deletes_record: true };

Deno.test("deleted says what was freed, and where the bytes are", () => {
  const numbers = { ...emptyMeasure(), files: 2, bytes: 5, unmeasured: 1 };
  const expected = {
    outcome: "deleted",
    task_id: "a",
    had_directory: true,
    directory_deleted: true,
    database_records_deleted: true,
    files: 2,
    bytes: 5,
    unmeasured_files: 1,
    in_trash: false,
    deleted_at: 7,
  };
  assertLike(deleted(ITEM, numbers, 7), expected);
  assertLike(deleted(ITEM, numbers, 7, { in_trash: true }), { ...expected, in_trash: true });
});

Deno.test("deletedBefore frees nothing, and claims no directory", () => {
  assertLike(deletedBefore({ ...ITEM, deletes_record: false }, 7), {
    outcome: "deleted",
    had_directory: false,
    directory_deleted: false,
    database_records_deleted: false,
    files: 0,
    bytes: 0,
  });
});

Deno.test("failureOf keeps the code of a refusal, and calls everything else a failure of storage", () => {
  assert.deepEqual(
    failureOf("a", new PipekeepError("path_forbidden", "a link")),
    failed("a", "path_forbidden"),
  );
  assert.deepEqual(failureOf("a", new Deno.errors.NotFound("x")), failed("a", "storage_failed"));
  assert.deepEqual(failureOf("a", "a string"), failed("a", "storage_failed"));
  assert.deepEqual(skipped("a"), { outcome: "skipped", task_id: "a" });
});
