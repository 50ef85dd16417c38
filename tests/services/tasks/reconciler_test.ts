/** Records follow the disk while the program runs (api.md 1.4). */
import assert from "node:assert/strict";
import { findTask } from "../../../db/queries/pipeline_tasks.ts";
import { Reconciler, type ReconcilerOptions } from "../../../services/tasks/reconciler.ts";
import { boot, type Harness, until, V0 } from "../../_harness.ts";
import { openTestVolume } from "../../_support/volume.ts";
import { assertLike, register } from "../../_support/scenarios.ts";

const MINUTE = 60_000;

async function record(server: Harness, taskId: string) {
  const { status, body } = await server.call("GET", `${V0}/tasks/${taskId}`);
  return status === 404 ? undefined : body.data;
}

Deno.test("Reconciler notices what appears and vanishes in training_data within two seconds", async () => {
  await using server = await boot({ seams: { reconciler: {} } });
  await register(server, "kept", "by_hand");
  const began = performance.now();
  Deno.removeSync(`${server.trainingData}/by_hand`);
  server.fill("appeared", { "a.txt": "x" });
  await until(async () => (await record(server, "by_hand")).directory_exists === false, "it vanished");
  await until(async () => await record(server, "appeared") !== undefined, "it was adopted");
  assert.ok(performance.now() - began < 2_000);
  assertLike(await record(server, "appeared"), { created_by: "system", status: "running", project_id: 1 });
  server.fill("by_hand", { "a.txt": "x" });
  await until(async () => (await record(server, "by_hand")).directory_exists === true, "it is back");
});

Deno.test("Reconciler leaves a batch of deletions to the deletions", async () => {
  await using server = await boot({ seams: { reconciler: { settle_ms: 5 } } });
  const ids = Array.from({ length: 300 }, (_, i) => `task_${i}`);
  for (const id of ids) server.fill(id, { "a.txt": "12345" });
  const options = { task_ids: ids, confirm: true, force: true, delete_database_records: true };
  const { body } = await server.call("DELETE", `${V0}/tasks`, options);
  assertLike(body.data.summary, { successfully_deleted: 300, total_size_freed_bytes: 1500 });
  const counts = await server.call("POST", `${V0}/reconcile`);
  assertLike(counts, { status: 200, body: { data: { adopted: 0, vanished: 0, returned: 0 } } });
  assert.equal((await server.call("GET", `${V0}/tasks`)).body.data.total, 0);
});

Deno.test("POST /reconcile compares at once and answers the counts", async () => {
  await using server = await boot();
  await register(server, "kept", "gone");
  Deno.removeSync(`${server.trainingData}/gone`);
  server.fill("new", { "a.txt": "x" });
  const first = await server.call("POST", `${V0}/reconcile`);
  assert.equal(first.status, 200);
  // The watch may have been quicker.
  assert.equal((await record(server, "gone")).directory_exists, false);
  assert.equal((await record(server, "new")).created_by, "system");
  const { body } = await server.call("POST", `${V0}/reconcile`);
  assert.deepEqual(body.data, { adopted: 0, vanished: 0, returned: 0, completed: 0 });
});

Deno.test("POST /reconcile marks nothing while training_data is empty or replaced and records say otherwise", async (t) => {
  for (const how of ["emptied", "replaced"]) {
    await t.step(how, async () => {
      await using server = await boot();
      await register(server, "task_a", "task_b");
      const before = (await server.call("GET", `${V0}/tasks`)).body;
      if (how === "replaced") {
        Deno.renameSync(server.trainingData, `${server.folder}/aside`);
        Deno.mkdirSync(server.trainingData);
      } else {
        Deno.mkdirSync(`${server.folder}/aside`);
        for (const id of ["task_a", "task_b"]) {
          Deno.renameSync(`${server.trainingData}/${id}`, `${server.folder}/aside/${id}`);
        }
      }
      const { status, body } = await server.call("POST", `${V0}/reconcile`);
      assert.equal(status, 503);
      assertLike(body, { success: false, message: "training_data不可用" });
      assert.deepEqual((await server.call("GET", `${V0}/tasks`)).body, before);
    });
  }
});

Deno.test("Reconciler ends an adopted task that was quiet for an hour, and none that somebody reported on", async () => {
  const clock = { now: Date.now() };
  await using server = await boot({ seams: { clock: () => clock.now } });
  for (const id of ["quiet", "reported"]) server.fill(id, { "a.txt": "x" });
  await server.call("POST", `${V0}/reconcile`);
  assert.equal((await record(server, "quiet")).status, "running");
  await server.call("PATCH", `${V0}/tasks/reported`, { task_name: "someone looks after it" });
  const start = clock.now;
  clock.now = start + 59 * MINUTE;
  await server.call("POST", `${V0}/reconcile`);
  assert.equal((await record(server, "quiet")).status, "running");
  clock.now = start + 61 * MINUTE;
  const { body } = await server.call("POST", `${V0}/reconcile`);
  assert.equal(body.data.completed, 1);
  assertLike(await record(server, "quiet"), { status: "completed" });
  assert.equal((await record(server, "reported")).status, "running");
});

Deno.test("Reconciler ends an adopted task whose directory vanished and came back", async () => {
  const clock = { now: Date.now() };
  await using server = await boot({ seams: { clock: () => clock.now } });
  await register(server, "kept");
  server.fill("away", { "a.txt": "x" });
  await server.call("POST", `${V0}/reconcile`);
  Deno.renameSync(`${server.trainingData}/away`, `${server.folder}/away`);
  await server.call("POST", `${V0}/reconcile`);
  assertLike(await record(server, "away"), { status: "running", directory_exists: false });
  Deno.renameSync(`${server.folder}/away`, `${server.trainingData}/away`);
  await server.call("POST", `${V0}/reconcile`);
  assertLike(await record(server, "away"), { status: "running", directory_exists: true });
  clock.now += 61 * MINUTE;
  const { body } = await server.call("POST", `${V0}/reconcile`);
  assert.equal(body.data.completed, 1);
  assertLike(await record(server, "away"), { status: "completed", directory_exists: true });
});

/** A reconciler over a training_data of its own, without a server. */
async function openReconciler(options: ReconcilerOptions) {
  const volume = await openTestVolume();
  let looks = 0;
  const clock = () => {
    looks++;
    return Date.now();
  };
  const reconciler = new Reconciler({ ...volume, clock, monotonic: clock }, options);
  reconciler.start();
  await until(() => looks > 0, "it looked behind its start");
  looks = 0;
  return {
    ...volume,
    reconciler,
    /** How often it looked at news since. */
    looks: () => looks,
    find: (taskId: string) => findTask(volume.database.kysely, taskId),
    async [Symbol.asyncDispose]() {
      await reconciler.stop();
      await volume[Symbol.asyncDispose]();
    },
  };
}

Deno.test("Reconciler compares everything when the system says that news were lost", async () => {
  await using volume = await openReconciler({ settle_ms: 20 });
  // More at once than the watch can hold, none of which is a task.
  for (let i = 0; i < 20_000; i++) {
    const path = `${volume.path}/not a task ${i % 2}`;
    if (i % 4 < 2) Deno.mkdirSync(path);
    else Deno.removeSync(path);
  }
  volume.fill("lost");
  await until(async () => await volume.find("lost") !== undefined, "it was adopted");
});

Deno.test("Reconciler finds what was made before its watch began", async () => {
  await using volume = await openTestVolume();
  const reconciler = new Reconciler({ ...volume, clock: Date.now, monotonic: Date.now }, { settle_ms: 20 });
  volume.fill("early");
  reconciler.start();
  try {
    const find = () => findTask(volume.database.kysely, "early");
    await until(async () => await find() !== undefined, "it was adopted");
  } finally {
    await reconciler.stop();
  }
});

Deno.test("Reconciler remembers that it could not look at news, and compares everything with the next", async () => {
  await using volume = await openReconciler({ settle_ms: 20 });
  const { path } = volume;
  Deno.renameSync(path, `${path}.away`);
  Deno.mkdirSync(path);
  Deno.mkdirSync(`${path}.away/missed`);
  await until(() => volume.looks() > 0, "it looked in vain");
  Deno.removeSync(path);
  Deno.renameSync(`${path}.away`, path);
  volume.fill("next");
  await until(async () => await volume.find("missed") !== undefined, "it was adopted");
});

Deno.test("Reconciler waits until nothing more happens, but not for ever", async () => {
  await using volume = await openReconciler({ settle_ms: 300, longest_settle_ms: 900 });
  const began = performance.now();
  volume.fill("first");
  const more = setInterval(() => volume.fill(`more_${Math.round(performance.now())}`), 50);
  try {
    await until(async () => await volume.find("first") !== undefined, "it was adopted");
    const waited = performance.now() - began;
    assert.ok(waited >= 850, `only ${waited} ms`);
  } finally {
    clearInterval(more);
  }
});

Deno.test("Reconciler refuses options that no timer can wait, naming the option, the value and what is allowed", async () => {
  await using volume = await openTestVolume();
  const refused: [ReconcilerOptions, RegExp][] = [
    [
      { interval_ms: 0 },
      /^interval_ms is 0, but must be a whole number of milliseconds from 1 to 2147483647$/,
    ],
    [{ interval_ms: 2 ** 31 }, /^interval_ms is 2147483648, but/],
    [{ interval_ms: NaN }, /^interval_ms is NaN, but/],
    [{ settle_ms: -1 }, /^settle_ms is -1, but must be a whole number of milliseconds from 0 to /],
    [{ settle_ms: 0.5 }, /^settle_ms is 0.5, but/],
    [{ settle_ms: 10, longest_settle_ms: 9 }, /^longest_settle_ms is 9, but must be .* from 10 to /],
    [{ settle_ms: 2 ** 30 }, /^longest_settle_ms is 3221225472, but/],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => new Reconciler({ ...volume, clock: Date.now, monotonic: Date.now }, options), {
      name: "RangeError",
      message,
    });
  }
});
