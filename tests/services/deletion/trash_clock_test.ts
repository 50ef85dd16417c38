/** A clock that is set wrong while the program runs, or between two runs: it deletes nothing, and marks nothing. */
import assert from "node:assert/strict";
import { boot, type Harness, until, V0 } from "../../_harness.ts";
import { register } from "../../_support/scenarios.ts";
import { withStore } from "../../_support/store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RETENTION = 7 * DAY;

/** Two clocks that go on together, until somebody sets the one that can be set. */
function twoClocks() {
  const wall = { now: Date.now(), read: () => wall.now };
  const monotonic = { now: 5, read: () => monotonic.now };
  return {
    wall,
    seams: { clock: wall.read, monotonic: monotonic.read, purger: { interval_ms: 5 } },
    set: (by: number) => wall.now += by,
    pass(time: number) {
      wall.now += time;
      monotonic.now += time;
    },
  };
}

/** What the purger has written down of the clock. */
// deno-lint-ignore no-explicit-any
function belief(server: Harness): any {
  const text = withStore(
    server,
    (store) => store.prepare("SELECT value FROM settings WHERE name LIKE 'trash_clock:%'").get()?.value,
  );
  return text === undefined ? undefined : JSON.parse(text as string);
}

async function deleteOne(server: Harness, taskId: string): Promise<void> {
  server.fill(taskId, { "a.txt": "12345" });
  const { status } = await server.call("DELETE", `${V0}/tasks/${taskId}`, { confirm: true });
  assert.equal(status, 200);
}

async function outcomeOf(server: Harness, taskId: string): Promise<string> {
  return (await server.call("GET", `${V0}/deletions?task_id=${taskId}`)).body.data.deletions[0].outcome;
}

/** A server whose trash holds one directory for a day more; another task stands in its place. */
async function bootWithTrash(clocks: ReturnType<typeof twoClocks>): Promise<Harness> {
  const server = await boot({ config: { trash_retention_ms: RETENTION }, seams: clocks.seams });
  await register(server, "bystander", "waiting");
  await deleteOne(server, "waiting");
  clocks.pass(6 * DAY);
  await until(() => belief(server)?.seen.wall === clocks.wall.now, "the purger has looked");
  return server;
}

for (const days of [1, 30]) {
  for (const isRunning of [true, false]) {
    const when = isRunning ? "while the program runs" : "between two runs";
    Deno.test(`nothing is purged or marked when the clock jumps ${days} days ahead ${when}`, async () => {
      const clocks = twoClocks();
      await using server = await bootWithTrash(clocks);
      const before = await server.snapshot();
      if (!isRunning) await server.app.stop();
      clocks.set(days * DAY);
      if (!isRunning) await server.restart();
      await until(() => belief(server)?.hold !== null, "the purger has seen the jump");
      await server.call("POST", `${V0}/reconcile`, {});
      clocks.pass(DAY - MINUTE);
      await until(() => belief(server)?.seen.wall >= clocks.wall.now - MINUTE, "the purger has looked again");
      assert.deepEqual(await server.snapshot(), before);
      // Taken back, and a day is over by now: due by any clock.
      clocks.set(-days * DAY);
      await until(() => belief(server)?.hold === null, "the purger has seen it taken back");
      assert.equal(await outcomeOf(server, "waiting"), "trashed");
      clocks.pass(MINUTE);
      await until(async () => await outcomeOf(server, "waiting") === "purged", "it is purged in its time");
    });
  }

  Deno.test(`nothing is purged before its time when the clock jumps ${days} days back`, async () => {
    const clocks = twoClocks();
    await using server = await bootWithTrash(clocks);
    const before = await server.snapshot();
    clocks.set(-days * DAY);
    await until(() => belief(server)?.seen.wall === clocks.wall.now, "the purger has seen the jump");
    await server.call("POST", `${V0}/reconcile`, {});
    clocks.pass(DAY);
    await until(() => belief(server)?.seen.wall === clocks.wall.now, "the purger has looked again");
    assert.deepEqual(await server.snapshot(), before);
    // To be set right is a jump as well, and not believed before it has lasted.
    clocks.set(days * DAY);
    await until(() => belief(server)?.hold !== null, "the purger has seen it set right");
    assert.equal(await outcomeOf(server, "waiting"), "trashed");
    clocks.pass(DAY);
    await until(async () => await outcomeOf(server, "waiting") === "purged", "it is purged in the end");
  });
}

Deno.test("what is due by a jump ahead is purged when the clock has stood so for a day, also over a restart", async () => {
  const clocks = twoClocks();
  await using server = await bootWithTrash(clocks);
  clocks.set(30 * DAY);
  await until(() => belief(server)?.hold !== null, "the purger has seen the jump");
  clocks.pass(DAY / 2);
  await server.restart();
  assert.equal(await outcomeOf(server, "waiting"), "trashed");
  clocks.pass(DAY / 2);
  await until(async () => await outcomeOf(server, "waiting") === "purged", "it is purged");
});

Deno.test("an adopted task that still writes is not called completed because the clock jumped ahead", async () => {
  const clocks = twoClocks();
  await using server = await boot({ seams: clocks.seams });
  server.fill("adopted", { "a.txt": "1" });
  const reconcile = async () => (await server.call("POST", `${V0}/reconcile`, {})).body.data;
  const statusOf = async () => (await server.call("GET", `${V0}/tasks/adopted`)).body.data.status;
  await reconcile();
  assert.equal(await statusOf(), "running");
  clocks.set(30 * DAY);
  assert.equal((await reconcile()).completed, 0);
  // One that is found just now is not over either.
  server.fill("found_later", { "a.txt": "1" });
  assert.equal((await reconcile()).adopted, 1);
  assert.equal(await statusOf(), "running");
  clocks.pass(59 * MINUTE);
  assert.equal((await reconcile()).completed, 0);
  clocks.pass(MINUTE);
  assert.equal((await reconcile()).completed, 2);
});
