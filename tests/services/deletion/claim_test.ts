import assert from "node:assert/strict";
import { insertDeletions } from "../../../db/queries/deletions.ts";
import { insertTasks } from "../../../db/queries/pipeline_tasks.ts";
import { claim, examine, lookAt } from "../../../services/deletion/claim.ts";
import type { DeletionOptions } from "../../../services/deletion/outcome.ts";
import { deletion, step, task } from "../../db/conformance/_store.ts";
import { ACTOR, openDeletions, OPTIONS } from "../../_support/deletions.ts";
import { assertLike } from "../../_support/scenarios.ts";

type Opened = Awaited<ReturnType<typeof openDeletions>>;

/** api.md 1.1, line by line: what there is, and what is said of it. */
const TABLE: [
  name: string,
  make: (store: Opened) => Promise<unknown>,
  options: Partial<DeletionOptions>,
  found: unknown,
][] = [
  ["neither record nor entry", () => Promise.resolve(), {}, { refused: { code: "task_not_found" } }],
  ["running", (store) => store.make("a", { status: "running", started_at: 1 }), {}, {
    refused: { code: "task_running", current_status: "running" },
  }],
  ["running, by force", (store) => store.make("a", { status: "running", started_at: 1 }), { force: true }, {
    kind: "directory",
    deletes_record: false,
  }],
  [
    "with a running step",
    async (store) => {
      const { volumeId } = store.trainingData;
      store.fill("a");
      await insertTasks(store.database.kysely, volumeId, [task("a")], [
        step("a", 0, { step_name: "one", step_status: "running", started_at: 1 }),
      ]);
    },
    {},
    { refused: { code: "task_running", running_step: "one" } },
  ],
  [
    "being deleted",
    async (store) => {
      await store.make("a");
      await insertDeletions(store.database.kysely, store.trainingData.volumeId, [
        deletion("0-9", "a", { state: "intent" }),
      ]);
    },
    {},
    { refused: { code: "deletion_in_progress" } },
  ],
  [
    "a link",
    (store) => {
      store.fill("other");
      return Promise.resolve(Deno.symlinkSync("other", `${store.path}/a`));
    },
    {},
    { refused: { code: "path_forbidden" } },
  ],
  ["a file", (store) => Promise.resolve(Deno.writeTextFileSync(`${store.path}/a`, "x")), {}, {
    refused: { code: "path_forbidden" },
  }],
  [
    "a record without a directory",
    async (store) => {
      await insertTasks(store.database.kysely, store.trainingData.volumeId, [task("a")], []);
    },
    { delete_database_records: true },
    { kind: "absent", deletes_record: true },
  ],
  ["a directory without a record", (store) => Promise.resolve(store.fill("a")), {
    delete_database_records: true,
  }, {
    kind: "directory",
    deletes_record: false,
  }],
  ["both", (store) => store.make("a"), { delete_database_records: true }, {
    kind: "directory",
    deletes_record: true,
  }],
];

for (const [name, make, options, expected] of TABLE) {
  Deno.test(`examine judges a task: ${name}`, async () => {
    await using store = await openDeletions();
    await make(store);
    const { database, trainingData } = store;
    const looks = lookAt(trainingData, ["a"]);
    const asked = { ...OPTIONS, ...options, volume_id: trainingData.volumeId };
    const [found] = await examine(database.kysely, looks, ["a"], asked);
    assertLike(found, { task_id: "a", ...expected as object });
  });
}

Deno.test("examine refuses what is no task id, whatever stands there", async () => {
  await using store = await openDeletions();
  const ids = ["", ".", "..", "a/b", "../training_data", ".pipekeep-trash", "a\0b", "a".repeat(300)];
  const asked = { ...OPTIONS, force: true, volume_id: store.trainingData.volumeId };
  const found = await examine(store.database.kysely, lookAt(store.trainingData, ids), ids, asked);
  for (const one of found) assertLike(one, { refused: { code: "invalid_task_id" } });
});

Deno.test("examine knows nothing of another project's tasks, nor of directories of none", async () => {
  await using store = await openDeletions();
  await store.make("mine");
  store.fill("nobodys");
  const ids = ["mine", "nobodys"];
  const asked = { ...OPTIONS, volume_id: store.trainingData.volumeId, project_id: 2 };
  for (const one of await examine(store.database.kysely, lookAt(store.trainingData, ids), ids, asked)) {
    assertLike(one, { refused: { code: "task_not_found" } });
  }
});

Deno.test("claim writes an intent for each that may go and a final row for each refusal, and moves nothing", async () => {
  await using store = await openDeletions();
  await store.make("a");
  await store.make("busy", { status: "running", started_at: 1 });
  const before = await store.state();
  const items = await store.claim(["a", "busy", "nobody", "../x"]);
  assert.deepEqual(items.map((item) => item.stage), ["claimed", "ended", "ended", "ended"]);
  assert.deepEqual((await store.log()).map((row) => [row.task_id, row.state, row.error_code]), [
    ["a", "intent", null],
    ["busy", "failed", "task_running"],
    ["nobody", "failed", "task_not_found"],
  ]);
  assert.deepEqual(await store.state(), before);
});

Deno.test("claim brings the records of directories that are gone up to date, in the same transaction", async () => {
  await using store = await openDeletions();
  for (const id of ["marked", "deleted"]) {
    await insertTasks(store.database.kysely, store.trainingData.volumeId, [task(id)], []);
  }
  assertLike((await store.claim(["marked"]))[0], {
    stage: "ended",
    outcome: { outcome: "deleted", files: 0 },
  });
  await store.claim(["deleted"], { delete_database_records: true });
  assert.deepEqual(await store.records(), [{ task_id: "marked", directory_exists: 0 }]);
});

Deno.test("claim skips what is not meant any more, without a row", async () => {
  await using store = await openDeletions();
  await store.make("a");
  await store.make("b");
  const { database, trainingData, deferred } = store;
  const items = await claim(database, trainingData, {
    task_ids: ["a", "b"],
    options: OPTIONS,
    actor: ACTOR,
    deferred,
    now: 1000,
    ids: () => "0-1",
    select: () => Promise.resolve(new Set(["b"])),
  });
  assertLike(items, [{ stage: "ended", outcome: { outcome: "skipped" } }, {
    stage: "claimed",
    task_id: "b",
  }]);
  assert.deepEqual((await store.log()).map((row) => row.task_id), ["b"]);
});

Deno.test("claim gives items back only when its commit stands", async () => {
  await using store = await openDeletions();
  await store.make("a");
  store.faults.arm("lost");
  await assert.rejects(store.claim(["a"]), { name: "CommitInDoubt" });
  assert.deepEqual(await store.log(), []);
  store.faults.arm("stands");
  assert.equal((await store.claimAll(["a"])).length, 1);
  assert.equal((await store.log()).length, 1);
});
