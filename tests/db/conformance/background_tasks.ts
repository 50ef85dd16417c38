import assert from "node:assert/strict";
import {
  admitDue,
  BackgroundTaskList,
  claimNext,
  expireLeases,
  extendLease,
  findBackgroundTask,
  findByIdempotencyKey,
  hasExpiredLeases,
  insertBackgroundTask,
  listNewer,
  projectExists,
  updateBackgroundTask,
} from "../../../db/queries/background_tasks.ts";
import { backgroundTask as task, type Conformance } from "./_store.ts";

const claim = { task_types: ["search", "ocr"] as const, worker: "w", lease_token: "t", lease_seconds: 10 };

export const backgroundTasks: Conformance = {
  "BackgroundTaskList filters and pages, newest first": async (database) => {
    const list = new BackgroundTaskList(database);
    for (const at of [1, 2, 2]) await insertBackgroundTask(database.kysely, task({ created_at: at }));
    await updateBackgroundTask(database.kysely, 1, { status: "cancelled", completed_at: 9 });
    const found = async (...args: Parameters<typeof list.rows>) =>
      (await list.rows(...args)).map((row) => row.id);
    assert.deepEqual(await found({}, 9), [3, 2, 1]);
    assert.deepEqual(await found({}, 1, 1), [2]);
    assert.deepEqual(await found({ status: "pending", project_id: 1 }, 9), [3, 2]);
    assert.deepEqual(await found({ project_id: 2 }, 9), []);
    assert.deepEqual([await list.total({}), await list.total({ status: "cancelled" })], [3, 1]);
  },
  "insertBackgroundTask refuses a key that the project used, and finders compare bytes": async (
    { kysely },
  ) => {
    const made = await insertBackgroundTask(kysely, task({ idempotency_key: "Key" }));
    await assert.rejects(insertBackgroundTask(kysely, task({ idempotency_key: "Key" })));
    await insertBackgroundTask(kysely, task({ idempotency_key: "key" }));
    assert.deepEqual(await findByIdempotencyKey(kysely, 1, "Key"), made);
    assert.equal(await findByIdempotencyKey(kysely, 1, "KEY"), undefined);
    assert.deepEqual(await findBackgroundTask(kysely, made.id), made);
    assert.equal(await findBackgroundTask(kysely, 99), undefined);
    assert.deepEqual([await projectExists(kysely, 1), await projectExists(kysely, 9)], [true, false]);
    await assert.rejects(insertBackgroundTask(kysely, task({ project_id: 9 })));
  },
  "claimNext takes the highest priority, then the oldest, of these types, once": async ({ kysely }) => {
    await insertBackgroundTask(kysely, task({ created_at: 2 }));
    await insertBackgroundTask(kysely, task({ created_at: 1, task_type: "ocr" }));
    await insertBackgroundTask(kysely, task({ priority: 5 }));
    await insertBackgroundTask(kysely, task({ priority: 9, task_type: "crawl" }));
    await insertBackgroundTask(kysely, task({ priority: 9, run_at: 500, due: 0 }));
    const next = async () => (await claimNext(kysely, claim, 100))?.id;
    assert.deepEqual([await next(), await next(), await next(), await next()], [3, 2, 1, undefined]);
    await admitDue(kysely, 499);
    assert.equal(await next(), undefined);
    await admitDue(kysely, 500);
    assert.equal(await next(), 5);
    const row = (await findBackgroundTask(kysely, 3))!;
    assert.deepEqual([row.status, row.attempts, row.version, row.lease_expires_at], ["running", 1, 2, 10100]);
  },
  "expireLeases gives back what ran out, fails the last attempt, and keeps to its limit": async (
    { kysely },
  ) => {
    await insertBackgroundTask(kysely, task());
    await insertBackgroundTask(kysely, task({ max_attempts: 1 }));
    await claimNext(kysely, claim, 0);
    await claimNext(kysely, claim, 1);
    assert.equal(await hasExpiredLeases(kysely, 9999), false);
    await extendLease(kysely, 1, 10002);
    assert.equal((await findBackgroundTask(kysely, 1))!.version, 2);
    assert.equal(await hasExpiredLeases(kysely, 10001), true);
    const first = await expireLeases(kysely, 10002, 1);
    assert.deepEqual(first.map((row) => [row.id, row.status, row.worker]), [[2, "failed", "w"]]);
    assert.match(first[0]!.error_message, /attempt 1 of 1; its worker was w$/);
    const second = await expireLeases(kysely, 10002, 9);
    assert.deepEqual(second.map((row) => [row.id, row.status, row.worker]), [[1, "pending", null]]);
    assert.deepEqual(await expireLeases(kysely, 10002, 9), []);
  },
  "a task does not leave a final state, and listNewer tells what changed": async ({ kysely }) => {
    const a = await insertBackgroundTask(kysely, task());
    const b = await insertBackgroundTask(kysely, task());
    const known = new Map([a, b].map((row) => [row.id, row.version]));
    assert.deepEqual(await listNewer(kysely, known), []);
    assert.deepEqual(await listNewer(kysely, new Map()), []);
    const done = await updateBackgroundTask(kysely, a.id, { status: "cancelled", completed_at: 9 });
    assert.equal(done.version, 2);
    assert.deepEqual(await listNewer(kysely, known), [done]);
    await assert.rejects(updateBackgroundTask(kysely, a.id, { status: "pending", completed_at: null }));
    assert.deepEqual(await findBackgroundTask(kysely, a.id), done);
    await assert.rejects(updateBackgroundTask(kysely, 99, { progress: 1 }));
  },
};
