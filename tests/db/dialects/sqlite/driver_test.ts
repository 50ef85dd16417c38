/** Who waits for whom. */
import assert from "node:assert/strict";
import { listProjects } from "../../../../db/queries/projects.ts";
import { findSetting, putSetting } from "../../../../db/queries/settings.ts";
import { holdLock, openElsewhere, openTemporary } from "../../../_support/database.ts";

/** Milliseconds that a read may take on a machine with other work; a wait for the lock takes 5,000. */
const AT_ONCE_MS = 1000;
const DEADLINE_MS = 5000;

Deno.test("reads answer at once while another process holds the lock, and queued writes fail after one deadline", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const before = await kysely.selectFrom("settings").selectAll().execute();
  using _lock = holdLock(temporary.path);
  const started = performance.now();
  const writes = Promise.allSettled([
    kysely.transaction().execute((trx) => putSetting(trx, "a", "1")),
    putSetting(kysely, "b", "1"),
    kysely.transaction().execute((trx) => putSetting(trx, "c", "1")),
  ]);
  let reads = 0;
  let slowest = 0;
  let areOver = false;
  void writes.then(() => areOver = true);
  while (!areOver) {
    const asked = performance.now();
    assert.equal((await listProjects(kysely)).length, 1);
    slowest = Math.max(slowest, performance.now() - asked);
    reads++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const took = performance.now() - started;
  for (const result of await writes) {
    assert.equal(result.status, "rejected");
    assert.match(String(result.reason), /database is locked/);
  }
  assert.ok(slowest < AT_ONCE_MS, `a read took ${slowest} ms`);
  assert.ok(reads > 50, `only ${reads} reads`);
  assert.ok(took >= DEADLINE_MS - 10 && took < 1.6 * DEADLINE_MS, `the writes took ${took} ms`);
  assert.deepEqual(await kysely.selectFrom("settings").selectAll().execute(), before);
});

Deno.test("a write that waits goes on as soon as the lock is free, and reads see it at once", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const lock = holdLock(temporary.path);
  let isWritten = false;
  const written = putSetting(kysely, "a", "1").then(() => isWritten = true);
  assert.equal(await findSetting(kysely, "a"), undefined);
  assert.equal(isWritten, false);
  lock[Symbol.dispose]();
  await written;
  assert.equal(await findSetting(kysely, "a"), "1");
});

Deno.test("transactions follow each other in the order in which they were asked for, and so do single writes", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  const order: number[] = [];
  await Promise.all(numbers.map((i) =>
    kysely.transaction().execute(async (trx) => {
      await putSetting(trx, "last", String(i));
      order.push(i);
    })
  ));
  assert.deepEqual(order, numbers);
  await Promise.all(numbers.map((i) => putSetting(kysely, "last", `${i} alone`)));
  assert.equal(await findSetting(kysely, "last"), "19 alone");
});

Deno.test("nobody reads half of a transaction, and what was rolled back is never seen", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const halves = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const both = kysely.transaction().execute(async (trx) => {
    await putSetting(trx, "a", "1");
    assert.equal(await findSetting(trx, "a"), "1");
    halves.resolve();
    await go.promise;
    await putSetting(trx, "b", "1");
  });
  await halves.promise;
  assert.equal(await findSetting(kysely, "a"), undefined);
  go.resolve();
  await both;
  assert.deepEqual([await findSetting(kysely, "a"), await findSetting(kysely, "b")], ["1", "1"]);
  await assert.rejects(
    kysely.transaction().execute(async (trx) => {
      await putSetting(trx, "a", "2");
      throw new Error("changed its mind");
    }),
    /changed its mind/,
  );
  assert.equal(await findSetting(kysely, "a"), "1");
});

Deno.test("a statement that fails outside a transaction leaves nothing and lets the next one go on", async () => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const project = { name: "default", project_key: "k", created_at: 0 };
  await assert.rejects(kysely.insertInto("projects").values(project).execute(), /UNIQUE/);
  await putSetting(kysely, "a", "1");
  using elsewhere = openElsewhere(temporary.path);
  elsewhere.exec("INSERT INTO settings VALUES ('b', '1')");
  assert.equal(await findSetting(kysely, "b"), "1");
});
