import assert from "node:assert/strict";
import { findJobByToken } from "../../../db/queries/jobs.ts";
import { insertOrder, type JobOrder, nameOf } from "../../../services/jobs/job_order.ts";
import { openTemporary } from "../../_support/database.ts";

const ACTOR = { who: "w", request_id: "r" };
const OPTIONS = { delete_database_records: false, force: false, continue_on_error: true };
const HOUR = 3_600_000;

const ORDERS: [order: JobOrder, description: string, total: number][] = [
  [
    {
      project_id: 1,
      action: "delete_tasks",
      reference_id: "a",
      params: { task_ids: ["a"], options: OPTIONS },
    },
    "Delete a",
    1,
  ],
  [
    {
      project_id: 1,
      action: "delete_tasks",
      reference_id: "x",
      params: { task_ids: ["a", "b"], options: OPTIONS },
    },
    "Delete 2 tasks",
    2,
  ],
  [
    { project_id: 1, action: "delete_user_data", reference_id: "alice", params: {} },
    "Delete user sessions of userId = alice",
    0,
  ],
  [
    {
      project_id: 1,
      action: "cleanup",
      reference_id: "48h",
      params: { older_than_ms: 48 * HOUR, status: ["failed"], keep_last: 0, delete_database_records: false },
    },
    "Clean up failed tasks older than 48 h",
    0,
  ],
];

for (const [order, description, total] of ORDERS) {
  Deno.test(`insertOrder writes "${description}" as a job that is due now`, async () => {
    await using store = await openTemporary();
    const { database } = store;
    const job = await database.transaction((trx) => insertOrder(trx, order, ACTOR, "token", 5000));
    assert.deepEqual(
      [
        job.status,
        job.description,
        job.directories_total,
        job.start_at,
        job.created_at,
        job.who,
        job.request_id,
      ],
      ["scheduled", description, total, 5000, 5000, "w", "r"],
    );
    assert.deepEqual(JSON.parse(job.params), order.params);
    assert.equal((await findJobByToken(database.kysely, "token"))?.job_id, job.job_id);
  });
}

Deno.test("insertOrder refuses a second deletion of the same user while the first is pending, and writes nothing", async () => {
  await using store = await openTemporary();
  const { database } = store;
  const insert = (reference_id: string, project_id = 1) =>
    database.transaction((trx) =>
      insertOrder(
        trx,
        { project_id, action: "delete_user_data", reference_id, params: {}, start_at: 9000 },
        ACTOR,
        crypto.randomUUID(),
        1,
      )
    );
  const { job_id, start_at } = await insert("alice");
  assert.equal(start_at, 9000);
  await assert.rejects(insert("alice"), { code: "user_deletion_pending", details: { job_id } });
  assert.equal((await insert("bob")).job_id, job_id + 1);
});

Deno.test("nameOf has one word for a list of tasks, of bounded length", () => {
  assert.equal(nameOf(["a"]), "a");
  assert.equal(nameOf(["a", "b"]), "2 tasks");
  assert.equal(nameOf(["a".repeat(1000)]).length, 256);
});
