import assert from "node:assert/strict";
import type { TaskOutcome } from "../../../services/deletion/outcome.ts";
import { exists } from "../../_harness.ts";
import { ACTOR, openDeletions, OPTIONS } from "../../_support/deletions.ts";
import { assertLike } from "../../_support/scenarios.ts";

const RECORDS = { ...OPTIONS, delete_database_records: true };

Deno.test("Deletion.delete goes through its steps in their order, and answers once the bytes are gone", async () => {
  await using store = await openDeletions();
  await store.make("a");
  const steps: string[] = [];
  store.events.on("deletion.step", ({ step }) => steps.push(step));
  const [outcome] = await store.deletion.delete(["a"], RECORDS, ACTOR);
  assert.deepEqual(steps, ["claimed", "moved", "synced", "surveyed", "recorded", "purged", "finished"]);
  assertLike(outcome, {
    outcome: "deleted",
    directory_deleted: true,
    database_records_deleted: true,
    files: 1,
    bytes: 5,
    deleted_at: 1000,
  });
  assert.deepEqual(await store.records(), []);
  assert.deepEqual(store.tree().filter((name) => !name.startsWith(".pipekeep-trash/.volume")), [
    ".pipekeep-trash/",
  ]);
  assertLike(await store.log(), [{
    task_id: "a",
    state: "purged",
    who: "w",
    request_id: "r",
    deleted_size_bytes: 5,
  }]);
});

Deno.test("Deletion.delete gives one outcome per task in the order asked, and a refusal leaves all of its task", async () => {
  await using store = await openDeletions();
  for (const id of ["z", "a"]) await store.make(id);
  await store.make("busy", { status: "running", started_at: 1 });
  const outcomes = await store.deletion.delete(["z", "nobody", "busy", "a", "../a"], OPTIONS, ACTOR);
  assertLike(outcomes, [
    { task_id: "z", outcome: "deleted" },
    { task_id: "nobody", code: "task_not_found" },
    { task_id: "busy", code: "task_running" },
    { task_id: "a", outcome: "deleted" },
    { task_id: "../a", code: "invalid_task_id" },
  ]);
  assert.ok(exists(`${store.path}/busy/a.txt`));
  assert.deepEqual(await store.records(), [
    { task_id: "a", directory_exists: 0 },
    { task_id: "busy", directory_exists: 1 },
    { task_id: "z", directory_exists: 0 },
  ]);
});

Deno.test("Deletion.delete does with a thousand tasks what it does with one", async () => {
  await using store = await openDeletions();
  const ids = Array.from({ length: 1000 }, (_, i) => `task_${i}`);
  for (const id of ids) store.fill(id, { "a.txt": "12345" });
  const told: TaskOutcome[] = [];
  const outcomes = await store.deletion.delete(ids, OPTIONS, ACTOR, {
    onOutcomes: (some) => void told.push(...some),
  });
  assert.deepEqual(outcomes.map((outcome) => outcome.task_id), ids);
  assert.ok(outcomes.every((outcome) => outcome.outcome === "deleted" && outcome.bytes === 5));
  assert.equal(told.length, 1000);
  assert.deepEqual([...store.trainingData.taskDirectories()], []);
});

Deno.test("Deletion.delete stops at the first failure when it is told so, and skips the rest untouched", async () => {
  await using store = await openDeletions();
  for (const id of ["a", "b"]) await store.make(id);
  const outcomes = await store.deletion.delete(
    ["a", "nobody", "b"],
    { ...OPTIONS, continue_on_error: false },
    ACTOR,
  );
  assert.deepEqual(outcomes.map((outcome) => outcome.outcome), ["deleted", "failed", "skipped"]);
  assert.ok(exists(`${store.path}/b/a.txt`));
  assert.equal((await store.log()).length, 2);
});

Deno.test("Deletion.delete stops between two tasks when its signal says so", async () => {
  await using store = await openDeletions();
  for (const id of ["a", "b", "c"]) await store.make(id);
  const abort = new AbortController();
  const outcomes = await store.deletion.delete(["a", "b", "c"], OPTIONS, ACTOR, {
    signal: abort.signal,
    one_by_one: true,
    onOutcomes: (some) => {
      if (some[0]!.task_id === "b") abort.abort();
    },
  });
  assert.deepEqual(outcomes.map((outcome) => outcome.outcome), ["deleted", "deleted", "skipped"]);
  assert.ok(exists(`${store.path}/c/a.txt`));
});

Deno.test("Deletion.delete leaves the bytes in the trash for the retention, and says so", async () => {
  await using store = await openDeletions({ retention_ms: 60_000 });
  await store.make("a");
  assertLike(await store.deletion.delete(["a"], OPTIONS, ACTOR), [{
    outcome: "deleted",
    in_trash: true,
    bytes: 5,
  }]);
  assert.ok(exists(`${store.path}/.pipekeep-trash/0-1/a.txt`));
  assertLike(await store.log(), [{ state: "trashed", trashed_at: 1000, purge_at: 61_000 }]);
  assert.deepEqual(await store.records(), [{ task_id: "a", directory_exists: 0 }]);
});

Deno.test("Deletion.delete answers of a directory that is gone by now without harm, again and again", async () => {
  await using store = await openDeletions();
  await store.make("a");
  await store.deletion.delete(["a"], OPTIONS, ACTOR);
  for (let i = 0; i < 2; i++) {
    assertLike(await store.deletion.delete(["a"], OPTIONS, ACTOR), [
      { outcome: "deleted", had_directory: false, directory_deleted: false, files: 0, bytes: 0 },
    ]);
  }
});

Deno.test("Deletion.delete throws, with everything in its place, when the database refuses or training_data is another", async () => {
  await using store = await openDeletions();
  await store.make("a");
  const before = await store.state();
  for (const nth of [1, 2]) {
    store.faults.arm("lost", nth);
    await assert.rejects(store.deletion.delete(["a"], RECORDS, ACTOR), { code: "storage_failed" });
    assert.equal(store.faults.isArmed, false);
    assert.deepEqual(await store.state(), before, `commit ${nth}`);
  }
  Deno.renameSync(store.path, `${store.path}.away`);
  Deno.mkdirSync(store.path);
  await assert.rejects(store.deletion.delete(["a"], RECORDS, ACTOR), { code: "training_data_unavailable" });
  Deno.removeSync(store.path);
  Deno.renameSync(`${store.path}.away`, store.path);
  assert.deepEqual(await store.state(), before);
});
