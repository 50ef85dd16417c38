/** Cancelling. */
import assert from "node:assert/strict";
import { boot, type Harness } from "../../../_harness.ts";
import {
  assertRefused,
  claim,
  claimed,
  create,
  detail,
  report,
  rows,
  V1,
} from "../../../_support/background.ts";
import { assertLike, standingClock } from "../../../_support/scenarios.ts";

Deno.test("POST /tasks/{id}/cancel ends what waits and what runs; the worker learns it by its next report", async () => {
  const clock = standingClock();
  await using harness = await boot({ seams: { clock: clock.read } });
  const cancel = (id: number) => harness.call("POST", `${V1}/${id}/cancel`);
  const running = await claimed(harness, { total: 9 });
  await report(harness, running, { progress: 4 });
  const { id: waiting } = await create(harness);
  const { id: later } = await create(harness, { run_at: "2999-01-01" });
  clock.now += 5000;
  for (const id of [running.id, waiting, later]) {
    const answer = await cancel(id);
    assert.deepEqual([answer.status, answer.body], [200, {
      code: 200,
      message: "Task cancelled",
      data: null,
    }]);
    assertLike(await detail(harness, id), {
      status: "cancelled",
      error_message: "",
      result: null,
      completed_at: "2025-07-02T22:57:26.317000",
    });
  }
  assertLike(await detail(harness, running.id), {
    progress: 4,
    worker: "127.0.0.1",
    started_at: running.started_at,
  });
  assertLike(await detail(harness, waiting), { worker: null, started_at: null });
  const before = rows(harness);
  for (const changes of [{}, { progress: 5 }, { status: "completed" }]) {
    assertRefused(await report(harness, running, changes), 409, "Task is cancelled: stop working on it");
  }
  assert.equal(await claim(harness), undefined);
  clock.now += 3_600_000;
  assert.equal(await claim(harness), undefined);
  assert.deepEqual(rows(harness), before);
});

Deno.test("POST /tasks/{id}/cancel says in which state it cannot", async () => {
  await using harness = await boot();
  const end = async (harness: Harness, changes: Record<string, unknown>) => {
    const task = await claimed(harness);
    await report(harness, task, changes);
    return task.id;
  };
  const table: [status: string, id: number][] = [
    ["completed", await end(harness, { status: "completed" })],
    ["failed", await end(harness, { status: "failed", error_message: "x" })],
    ["cancelled", (await create(harness)).id],
  ];
  await harness.call("POST", `${V1}/3/cancel`, {});
  const before = rows(harness);
  for (const [status, id] of table) {
    const answer = await harness.call("POST", `${V1}/${id}/cancel`);
    assertRefused(answer, 400, `Cannot cancel task in ${status} state`);
  }
  assert.deepEqual(rows(harness), before);
});

Deno.test("one cancel of many at once succeeds, and a claim beside it gets the task or not", async () => {
  await using harness = await boot();
  for (let round = 0; round < 5; round++) {
    const { id } = await create(harness);
    const [task, ...answers] = await Promise.all([
      claim(harness),
      ...Array.from({ length: 6 }, () => harness.call("POST", `${V1}/${id}/cancel`)),
    ]);
    assert.deepEqual(answers.map((answer) => answer.status).toSorted(), [200, 400, 400, 400, 400, 400]);
    assertLike(await detail(harness, id), { status: "cancelled", attempts: task === undefined ? 0 : 1 });
  }
});
