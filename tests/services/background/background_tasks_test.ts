/** What the database itself enforces of background tasks, what maintenance does, and what `kill -9` leaves. */
import assert from "node:assert/strict";
import { boot, type Harness, until } from "../../_harness.ts";
import { startProcess } from "../../_process.ts";
import {
  claim,
  claimed,
  create,
  detail,
  execute,
  report,
  rows,
  type Shown,
  V1,
} from "../../_support/background.ts";
import { assertLike, register, standingClock } from "../../_support/scenarios.ts";

/** One task in each status: 1 pending, 2 running, 3 completed, 4 failed, 5 cancelled. */
async function oneOfEach(): Promise<Harness> {
  const harness = await boot();
  const waiting = await create(harness, { task_type: "ocr", run_at: "2999-01-01" });
  const request = { lease_seconds: 86_400 };
  await claimed(harness, {}, request);
  await report(harness, await claimed(harness, {}, request), { status: "completed", result: {} });
  await report(harness, await claimed(harness, {}, request), { status: "failed", error_message: "x" });
  await harness.call("POST", `${V1}/${(await create(harness)).id}/cancel`);
  execute(harness, "UPDATE background_tasks SET due = 1 WHERE id = ?", waiting.id);
  const statuses = rows(harness).map((row) => row.status);
  assert.deepEqual(statuses, ["pending", "running", "completed", "failed", "cancelled"]);
  return harness;
}

Deno.test("the database refuses every state that is none", async (t) => {
  await using harness = await oneOfEach();
  const before = rows(harness);
  const table: [id: number, set: string][] = [
    [1, "status = 'done'"],
    [1, "task_type = 'delete'"],
    [1, "progress = -1"],
    [1, "total = -1"],
    [1, "total = 5, progress = 6"],
    [1, "progress = 1.5"],
    [1, "priority = 1001"],
    [1, "priority = -1001"],
    [1, "max_attempts = 0"],
    [1, "max_attempts = 101"],
    [1, "version = 0"],
    [1, "due = 2"],
    [1, "params = '{'"],
    [1, "project_id = 99"],
    [1, "completed_at = 1"],
    [1, "started_at = 1"],
    [1, "attempts = 1"],
    [1, "worker = 'w'"],
    [1, "lease_token = 't'"],
    [1, "result = '{}'"],
    [1, "error_message = 'x'"],
    [1, "status = 'running'"],
    [1, "status = 'cancelled'"],
    [2, "lease_token = NULL"],
    [2, "lease_seconds = NULL"],
    [2, "lease_seconds = 0"],
    [2, "lease_seconds = 86401"],
    [2, "lease_expires_at = NULL"],
    [2, "worker = NULL"],
    [2, "started_at = NULL"],
    [2, "completed_at = 1"],
    [2, "attempts = 4"],
    [2, "attempts = 0"],
    [2, "due = 0"],
    [2, "result = '{}'"],
    [2, "status = 'pending'"],
    [2, "status = 'completed'"],
    [2, "status = 'failed', completed_at = 1"],
    [3, "completed_at = NULL"],
    [3, "result = 'x'"],
    [3, "error_message = 'x'"],
    [3, "lease_token = 't'"],
    [3, "lease_expires_at = 1"],
    [4, "result = '{}'"],
    [4, "completed_at = NULL"],
    [5, "completed_at = NULL"],
    [5, "error_message = 'x'"],
  ];
  for (const [id, set] of table) {
    await t.step(`${before[id - 1]!.status}: ${set}`, () => {
      const change = () => execute(harness, `UPDATE background_tasks SET ${set} WHERE id = ?`, id);
      assert.throws(change, /constraint failed|cannot store|cannot go/);
      assert.deepEqual(rows(harness), before);
    });
  }
});

Deno.test("the database refuses every way that is not drawn", async (t) => {
  await using harness = await oneOfEach();
  const before = rows(harness);
  const lease = "worker = 'w', lease_token = 't', lease_seconds = 1, lease_expires_at = 1";
  const none =
    "lease_token = NULL, lease_seconds = NULL, lease_expires_at = NULL, error_message = '', result = NULL";
  const into: Record<string, string> = {
    pending: `${none}, worker = NULL, completed_at = NULL`,
    running: `${none}, ${lease}, started_at = 1, attempts = 1, completed_at = NULL`,
    completed: `${none}, started_at = 1, attempts = 1, completed_at = 1`,
    failed: `${none}, started_at = 1, attempts = 1, completed_at = 1`,
    cancelled: `${none}, completed_at = 1`,
  };
  const drawn: Record<string, string[]> = {
    pending: ["running", "cancelled"],
    running: ["pending", "completed", "failed", "cancelled"],
  };
  for (const { id, status: from } of before) {
    for (const [to, shape] of Object.entries(into)) {
      if (from === to) continue;
      await t.step(`${from} → ${to}`, () => {
        const go = () =>
          execute(harness, `UPDATE background_tasks SET status = '${to}', ${shape} WHERE id = ?`, id);
        if (drawn[from]?.includes(to)) {
          go();
          // Back to where it was, past the guard, for the next way.
          execute(harness, "DELETE FROM background_tasks WHERE id = ?", id);
          const row = before[id - 1]!;
          const columns = Object.keys(row);
          const places = columns.map(() => "?").join(", ");
          const insert = `INSERT INTO background_tasks (${columns.join(", ")}) VALUES (${places})`;
          execute(harness, insert, ...Object.values(row));
        } else assert.throws(go, /cannot go from that state to that one/);
        assert.deepEqual(rows(harness), before);
      });
    }
  }
});

Deno.test("Leases.runOnce takes back what is overdue, however much, and counts it", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  execute(
    harness,
    `INSERT INTO background_tasks (project_id, task_type, status, progress, total, priority, attempts, max_attempts,
       version, created_at, run_at, due, started_at, worker, lease_token, lease_seconds, lease_expires_at,
       error_message, params)
     SELECT 1, 'index', 'running', 3, 9, 0, 1 + value % 2, 2, 2, 1, 1, 1, 1, 'w', 't' || value, 60, ?, '', '{}'
     FROM json_each(?)`,
    clock.now + 60_000,
    JSON.stringify(Array.from({ length: 350 }, (_, i) => i)),
  );
  const { leases } = harness.app;
  assert.deepEqual(await leases.runOnce(clock.now + 59_000), { requeued: 0, failed: 0 });
  assert.deepEqual(await leases.runOnce(clock.now + 61_000), { requeued: 175, failed: 175 });
  assert.deepEqual(await leases.runOnce(clock.now + 61_000), { requeued: 0, failed: 0 });
  for (const row of rows(harness)) {
    assertLike(row, {
      ...(row.attempts === 2
        ? {
          status: "failed",
          error_message: "the lease ran out in attempt 2 of 2; its worker was w",
          worker: "w",
        }
        : { status: "pending", error_message: "", worker: null, completed_at: null }),
      progress: 3,
      lease_token: null,
      lease_expires_at: null,
      started_at: 1,
      version: 3,
    });
  }
});

Deno.test("leases run out by themselves, also while training_data is braked", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  await register(harness, "a_task");
  const task = await claimed(harness, { max_attempts: 1 });
  Deno.renameSync(harness.trainingData, `${harness.folder}/elsewhere`);
  await harness.restart();
  assert.notEqual(harness.app.availability.reason, undefined);
  assert.equal((await report(harness, task)).status, 200);
  clock.now += 59_000;
  assert.deepEqual(await harness.app.leases.runOnce(clock.now), { requeued: 0, failed: 0 });
  clock.now += 2000;
  await until(async () => (await detail(harness, task.id)).status === "failed", "the lease runs out");
  await harness.app.leases.stop();
  await harness.app.leases.stop();
});

Deno.test("kill -9 under 12 workers loses no task and gives none twice", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const store = { folder } as Harness;
  const tasks = 200;
  try {
    // What the server said, as far as its answers arrived.
    const given = new Map<number, string>();
    const finished = new Set<number>();
    {
      await using server = await startProcess({ args: [], cwd: folder });
      execute(
        store,
        `INSERT INTO background_tasks (project_id, task_type, status, progress, total, priority, attempts,
           max_attempts, version, created_at, run_at, due, error_message, params)
         SELECT 1, 'ocr', 'pending', 0, 0, 0, 0, 3, 1, value, 1, 1, '', '{}' FROM json_each(?)`,
        JSON.stringify(Array.from({ length: tasks }, (_, i) => i)),
      );
      await Promise.all(Array.from({ length: 12 }, (_, i) =>
        assert.rejects(async () => {
          for (;;) {
            const task = await claim(server, { worker: `w${i}`, lease_seconds: 3600 });
            assert.ok(!given.has(task!.id), `${task!.id} was given twice`);
            given.set(task!.id, task!.lease_token);
            if (given.size === 90) server.kill("SIGKILL");
            if (task!.id % 3 > 0) continue;
            const { status } = await report(server, task!, { status: "completed", result: { by: i } });
            assert.equal(status, 200);
            finished.add(task!.id);
          }
        }, (error: Error) => error.name !== "AssertionError")));
      assert.equal((await server.status).signal, "SIGKILL");
    }
    const left = new Map(rows(store).map((row) => [row.id as number, row]));
    assert.equal(left.size, tasks);
    assert.ok(given.size >= 90 && finished.size > 0);
    for (const [id, token] of given) {
      const row = left.get(id)!;
      if (finished.has(id)) assert.equal(row.status, "completed");
      // A report whose answer was lost may have arrived.
      else if (row.status !== "completed") assertLike(row, { status: "running", lease_token: token });
    }
    const unheard = [...left.values()].filter(({ id, status }) => status === "running" && !given.has(id));
    assert.ok(unheard.length <= 12, "a worker waits for one answer at a time");
    await assertGoesOn({ folder, given, finished, tasks });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** After the restart: the rest is claimed once, leases still hold, and what they leave behind comes back. */
async function assertGoesOn(state: {
  folder: string;
  given: Map<number, string>;
  finished: Set<number>;
  tasks: number;
}): Promise<void> {
  const { folder, given, finished, tasks } = state;
  await using server = await startProcess({ args: [], cwd: folder });
  const before = new Map(rows({ folder } as Harness).map((row) => [row.id as number, row]));
  const drain = async (worker: string) => {
    const all: Shown[] = [];
    for (let task; (task = await claim(server, { worker, lease_seconds: 3600 })) !== undefined;) {
      all.push(task);
    }
    return all;
  };
  const second = (await Promise.all(Array.from({ length: 8 }, (_, i) => drain(`v${i}`)))).flat();
  assert.equal(new Set(second.map((task) => task.id)).size, second.length);
  assert.ok(second.every((task) => before.get(task.id)!.status === "pending"));
  const held = [...given].filter(([id]) => before.get(id)!.status === "running");
  for (const [id, lease_token] of held.slice(0, 10)) {
    assert.equal((await report(server, { id, lease_token }, { progress: 1 })).status, 200);
  }
  execute({ folder } as Harness, "UPDATE background_tasks SET lease_expires_at = 1 WHERE status = 'running'");
  const third = await drain("u");
  const ended = new Set(
    [...before.values()].filter((row) => row.status === "completed").map((row) => row.id),
  );
  assert.ok([...finished].every((id) => ended.has(id)));
  assert.equal(new Set(third.map((task) => task.id)).size, third.length);
  assert.equal(third.length, tasks - ended.size);
}
