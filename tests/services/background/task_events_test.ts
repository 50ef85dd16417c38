import assert from "node:assert/strict";
import { updateBackgroundTask } from "../../../db/queries/background_tasks.ts";
import { BackgroundTasks } from "../../../services/background/background_tasks.ts";
import { Leases } from "../../../services/background/leases.ts";
import { TaskEvents } from "../../../services/background/task_events.ts";
import { openElsewhere, openTemporary } from "../../_support/database.ts";

async function open() {
  const temporary = await openTemporary();
  const { database } = temporary;
  const clock = () => 1000;
  const taskEvents = new TaskEvents({ database });
  const leases = new Leases({ database, taskEvents, clock });
  const background = new BackgroundTasks({ database, leases, taskEvents, clock });
  const { task } = await background.create({ project_id: 1, task_type: "search" });
  return {
    path: temporary.path,
    taskEvents,
    task,
    change: (progress: number) => updateBackgroundTask(database.kysely, task.id, { progress }),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

Deno.test("TaskEvents gives a watcher the newest state, once it is newer, and nothing that is older", async () => {
  await using store = await open();
  const { taskEvents, task } = store;
  const watch = taskEvents.watch(task.id);
  const coming = watch.next(task.version, 10_000);
  const [second, third] = [await store.change(1), await store.change(2)];
  taskEvents.publish([third]);
  assert.deepEqual(await coming, third);
  taskEvents.publish([second]);
  assert.equal(await watch.next(third.version, 0), "silence");
  assert.deepEqual(await watch.next(task.version, 0), third);
  watch.close();
});

Deno.test("TaskEvents finds what another process changed of the watched tasks", async () => {
  await using store = await open();
  const { taskEvents, task } = store;
  assert.equal(await taskEvents.runOnce(), 0, "nobody watches");
  const watch = taskEvents.watch(task.id);
  taskEvents.publish([task]);
  {
    using elsewhere = openElsewhere(store.path);
    elsewhere.prepare("UPDATE background_tasks SET progress = 5, version = version + 1 WHERE id = ?").run(
      task.id,
    );
  }
  assert.equal(await taskEvents.runOnce(), 1);
  const told = await watch.next(task.version, 0);
  assert.ok(typeof told !== "string");
  assert.equal(told.progress, 5);
  assert.equal(await taskEvents.runOnce(), 0);
  watch.close();
});

Deno.test("TaskEvents ends a watch that is closed and, when it stops, all of them; and forgets who left", async () => {
  await using store = await open();
  const { taskEvents, task } = store;
  const [first, second] = [taskEvents.watch(task.id), taskEvents.watch(task.id)];
  assert.equal(taskEvents.watchers, 2);
  const waits = [first.next(task.version, 10_000), second.next(task.version, 10_000)];
  first.close();
  first.close();
  assert.equal(await waits[0], "end");
  assert.equal(taskEvents.watchers, 1);
  await taskEvents.stop();
  assert.equal(await waits[1], "end");
  assert.equal(await second.next(task.version, 10_000), "end");
  second.close();
  assert.equal(taskEvents.watchers, 0);
});
