/** What workers report, and how long a lease lasts. */
import assert from "node:assert/strict";
import { boot } from "../../../_harness.ts";
import {
  assertRefused,
  claim,
  claimed,
  create,
  detail,
  report,
  rows,
  type Shown,
} from "../../../_support/background.ts";
import { assertLike, standingClock } from "../../../_support/scenarios.ts";

const STALE = "Lease token is not valid: the lease ran out, or another worker has the task";
const RAN_OUT = "Lease ran out: the task goes to another worker";

Deno.test("PATCH /tasks/{id} takes progress and total, and shows them to everybody", async () => {
  await using harness = await boot();
  const task = await claimed(harness);
  const table: [changes: Record<string, unknown>, progress: number, total: number][] = [
    [{ progress: 3 }, 3, 0],
    [{ total: 10 }, 3, 10],
    [{ progress: 10 }, 10, 10],
    [{ progress: 11, total: 12 }, 11, 12],
    [{ progress: 0 }, 0, 12],
    [{ progress: 9007199254740991, total: 9007199254740991 }, 9007199254740991, 9007199254740991],
    [{ progress: 7, total: 0 }, 7, 0],
    [{}, 7, 0],
  ];
  for (const [changes, progress, total] of table) {
    const { status, body } = await report(harness, task, changes);
    assert.equal(status, 200, JSON.stringify(body));
    assertLike(body.data, { progress, total, status: "running" });
    assertLike(await detail(harness, task.id), { progress, total });
  }
});

Deno.test("PATCH /tasks/{id} ends a task as completed or failed", async (t) => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const result = { papers_found: 15, "中": [null, { a: [] }] };
  const traceback = 'Traceback:\n  File "x.py"\n错误\u0001';
  const table: [changes: Record<string, unknown>, shown: Record<string, unknown>][] = [
    [{ status: "completed" }, { result: null, error_message: "", progress: 1, total: 2 }],
    [{ status: "completed", result: null }, { result: null }],
    [{ status: "completed", result, progress: 2 }, { result, progress: 2 }],
    [{ status: "completed", progress: 5, total: 5 }, { progress: 5, total: 5 }],
    [{ status: "failed" }, { result: null, error_message: "" }],
    [{ status: "failed", error_message: traceback }, { error_message: traceback, progress: 1 }],
    [{ status: "failed", error_message: "长".repeat(200_000) }, { error_message: "长".repeat(200_000) }],
  ];
  for (const [changes, shown] of table) {
    await t.step(JSON.stringify(changes).slice(0, 60), async () => {
      const task = await claimed(harness, { total: 2 });
      await report(harness, task, { progress: 1 });
      clock.now += 90_000 - 60_000;
      const { status, body } = await report(harness, task, changes);
      assert.equal(status, 200);
      assertLike(body.data, {
        ...shown,
        status: changes.status,
        worker: "127.0.0.1",
        lease_expires_at: null,
      });
      const { lease_expires_at: _, ...after } = body.data;
      assert.deepEqual(await detail(harness, task.id), after);
      assert.notEqual(after.completed_at, null);
      const before = rows(harness);
      // What is over stays as it is, also for the one who ended it.
      for (const late of [{}, { progress: 1 }, changes, { status: "failed" }]) {
        assertRefused(
          await report(harness, task, late),
          409,
          `Task is ${changes.status}: stop working on it`,
        );
      }
      assert.equal(await claim(harness), undefined);
      assert.deepEqual(rows(harness), before);
    });
  }
});

Deno.test("PATCH /tasks/{id} takes a report only with the lease of the task", async () => {
  await using harness = await boot();
  const first = await claimed(harness);
  const second = await claimed(harness);
  const waiting = await create(harness);
  const before = rows(harness);
  const table: [task: Shown][] = [
    [{ ...first, lease_token: second.lease_token }],
    [{ ...first, lease_token: "null" }],
    [{ ...first, lease_token: first.lease_token.toUpperCase() + "x" }],
    [{ ...waiting, lease_token: first.lease_token }],
  ];
  for (const [task] of table) {
    for (const changes of [{}, { progress: 1 }, { status: "completed", result: {} }]) {
      assertRefused(await report(harness, task, changes), 409, STALE);
    }
  }
  assert.deepEqual(rows(harness), before);
});

Deno.test("a lease lasts its seconds from the claim, and from each report again", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const task = await claimed(harness, { total: 9 }, { worker: "first" });
  clock.now += 59_000;
  assert.equal(await claim(harness), undefined);
  assert.equal((await report(harness, task)).body.data.lease_expires_at, "2025-07-02T22:59:20.317000");
  clock.now += 59_000;
  assert.equal((await report(harness, task, { progress: 4 })).status, 200);
  clock.now += 61_000;
  // Whether or not anybody has taken notice yet.
  const late = await report(harness, task, { progress: 5 });
  assert.ok([STALE, RAN_OUT].includes(late.body.message), late.body.message);
  assertRefused(late, 409, /./);
  const again = await claim(harness, { worker: "second" });
  assert.ok(again !== undefined);
  // The next one may go on from where the first one was.
  assertLike(again, { id: task.id, attempts: 2, progress: 4, worker: "second", started_at: task.started_at });
  assert.notEqual(again.lease_token, task.lease_token);
  const before = rows(harness);
  for (const changes of [{}, { progress: 9 }, { status: "completed" }, { status: "failed" }]) {
    assertRefused(await report(harness, task, changes), 409, STALE);
  }
  assert.deepEqual(rows(harness), before);
  assert.equal((await report(harness, again, { status: "completed", progress: 9 })).status, 200);
});

Deno.test("a report is refused from the first moment after the lease", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  // No more maintenance: nobody else takes notice.
  await harness.app.leases.stop();
  const task = await claimed(harness, {}, { lease_seconds: 1 });
  const before = rows(harness);
  clock.now += 1000;
  for (const changes of [{}, { progress: 9 }, { status: "completed" }]) {
    assertRefused(await report(harness, task, changes), 409, RAN_OUT);
  }
  assert.deepEqual(rows(harness), before);
  clock.now -= 1;
  assert.equal((await report(harness, task)).status, 200);
});

Deno.test("a task whose lease ran out max_attempts times has failed", async (t) => {
  for (const [max_attempts, expected] of [[undefined, 3], [1, 1], [5, 5]] as const) {
    await t.step(`max_attempts ${max_attempts}`, async () => {
      const clock = standingClock();
      await using harness = await boot({ seams: { clock: clock.read } });
      const { id } = await create(harness, { ...(max_attempts && { max_attempts }) });
      for (let attempt = 1; attempt <= expected; attempt++) {
        assertLike((await claim(harness, { worker: `w${attempt}` }))!, {
          id,
          attempts: attempt,
          max_attempts: expected,
        });
        clock.now += 61_000;
      }
      assert.equal(await claim(harness), undefined);
      assertLike(await detail(harness, id), {
        status: "failed",
        error_message: `the lease ran out in attempt ${expected} of ${expected}; its worker was w${expected}`,
        worker: `w${expected}`,
      });
    });
  }
});
