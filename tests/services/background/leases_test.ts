import assert from "node:assert/strict";
import { BackgroundTasks } from "../../../services/background/background_tasks.ts";
import { Leases } from "../../../services/background/leases.ts";
import { TaskEvents } from "../../../services/background/task_events.ts";
import { openTemporary } from "../../_support/database.ts";
import { until } from "../../_harness.ts";

async function open(options?: { interval_ms: number }) {
  const temporary = await openTemporary();
  const { database } = temporary;
  const clock = { now: 1_000_000 };
  const read = () => clock.now;
  const taskEvents = new TaskEvents({ database });
  const leases = new Leases({ database, taskEvents, clock: read }, options);
  const background = new BackgroundTasks({ database, leases, taskEvents, clock: read });
  return {
    clock,
    taskEvents,
    leases,
    background,
    /** A task that a worker holds for ten seconds. */
    async hold(max_attempts: number) {
      await background.create({ project_id: 1, task_type: "search", max_attempts });
      return (await background.claim({ worker: "w", lease_seconds: 10 }))!;
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

Deno.test("Leases.runOnce takes a task back at the end of its lease, and not before", async () => {
  await using store = await open();
  const { id } = await store.hold(2);
  const end = store.clock.now + 10_000;
  assert.deepEqual(await store.leases.runOnce(end - 1), { requeued: 0, failed: 0 });
  assert.equal((await store.background.get(id)).status, "running");
  assert.deepEqual(await store.leases.runOnce(end), { requeued: 1, failed: 0 });
  const task = await store.background.get(id);
  assert.deepEqual([task.status, task.worker, task.lease_token, task.attempts], ["pending", null, null, 1]);
  assert.deepEqual(await store.leases.runOnce(end), { requeued: 0, failed: 0 });
});

Deno.test("Leases.runOnce fails a task that has no attempt left, and tells its watchers", async () => {
  await using store = await open();
  const { id, version } = await store.hold(1);
  const watch = store.taskEvents.watch(id);
  assert.deepEqual(await store.leases.runOnce(store.clock.now + 10_000), { requeued: 0, failed: 1 });
  const told = await watch.next(version, 0);
  assert.ok(typeof told !== "string");
  assert.equal(told.status, "failed");
  watch.close();
});

Deno.test("Leases.runOnce takes all of them back, more than one batch", async () => {
  await using store = await open();
  for (let i = 0; i < 150; i++) await store.hold(2);
  assert.deepEqual(await store.leases.runOnce(store.clock.now + 10_000), { requeued: 150, failed: 0 });
});

Deno.test("Leases looks by itself until it is stopped", async () => {
  await using store = await open({ interval_ms: 5 });
  const { id } = await store.hold(2);
  store.leases.start();
  store.clock.now += 10_000;
  await until(async () => (await store.background.get(id)).status === "pending", "it was taken back");
  await store.leases.stop();
  await store.leases.stop();
});
