import assert from "node:assert/strict";
import {
  findJob,
  findJobByToken,
  findNextStart,
  findPendingUserDeletion,
  insertJob,
  listJobs,
  moveJob,
  type NewJob,
} from "../../../db/queries/jobs.ts";
import { insertProject } from "../../../db/queries/projects.ts";
import type { Conformance } from "./_store.ts";

const job = (more: Partial<NewJob> = {}): NewJob => ({
  project_id: 1,
  action: "delete_tasks",
  reference_id: "x",
  description: "d",
  params: "{}",
  who: "w",
  request_id: "r",
  start_at: 100,
  created_at: 50,
  directories_total: 3,
  token: crypto.randomUUID(),
  ...more,
});

export const jobs: Conformance = {
  "insertJob schedules, and listJobs filters and pages in both orders": async ({ kysely }) => {
    await insertProject(kysely, { name: "p", project_key: "k", created_at: 0 });
    for (let i = 0; i < 5; i++) await insertJob(kysely, job({ action: i % 2 ? "cleanup" : "delete_tasks" }));
    await insertJob(kysely, job({ project_id: 2 }));
    const ids = async (filter: Parameters<typeof listJobs>[2], page: Parameters<typeof listJobs>[3]) =>
      (await listJobs(kysely, 1, filter, page)).map((row) => row.job_id);
    assert.deepEqual(await ids({}, { limit: 2, page: 2, order: "asc" }), [3, 4]);
    assert.deepEqual(await ids({}, { limit: 2, page: 3, order: "desc" }), [1]);
    assert.deepEqual(await ids({ action: "cleanup" }, { limit: 9, page: 1, order: "desc" }), [4, 2]);
    await moveJob(kysely, 2, ["scheduled"], { status: "running", updated_at: 60 });
    assert.deepEqual(await ids({ status: "running" }, { limit: 9, page: 1, order: "asc" }), [2]);
    assert.deepEqual({ ...await findJob(kysely, 1) }, {
      ...job(),
      token: (await findJob(kysely, 1))!.token,
      holder: null,
      epoch: 0,
      lease_expires_at: null,
      selected_at: null,
      job_id: 1,
      status: "scheduled",
      updated_at: null,
      errors: null,
      directories: 0,
      files: 0,
      bytes: 0,
    });
    assert.equal(await findJob(kysely, 99), undefined);
  },
  "moveJob moves only from the states that are named": async ({ kysely }) => {
    const { job_id } = await insertJob(kysely, job());
    const before = await findJob(kysely, job_id);
    assert.equal(await moveJob(kysely, job_id, ["running"], { status: "completed", updated_at: 60 }), false);
    assert.equal(await moveJob(kysely, 99, ["scheduled"], { status: "running", updated_at: 60 }), false);
    assert.deepEqual(await findJob(kysely, job_id), before);
    assert.equal(await moveJob(kysely, job_id, ["scheduled"], { status: "running", updated_at: 60 }), true);
  },
  "findNextStart is the earliest of those that wait": async ({ kysely }) => {
    assert.equal(await findNextStart(kysely), undefined);
    await insertJob(kysely, job({ start_at: 300 }));
    await insertJob(kysely, job({ start_at: 200 }));
    assert.equal(await findNextStart(kysely), 200);
  },
  "findJobByToken finds the job of this token, and no token comes twice": async ({ kysely }) => {
    const { job_id } = await insertJob(kysely, job({ token: "one" }));
    assert.equal((await findJobByToken(kysely, "one"))?.job_id, job_id);
    assert.equal(await findJobByToken(kysely, "other"), undefined);
    await assert.rejects(insertJob(kysely, job({ token: "one" })));
  },
  "insertJob refuses a second pending deletion of one user in one project": async ({ kysely }) => {
    const user = job({ action: "delete_user_data", reference_id: "用户" });
    const first = await insertJob(kysely, user);
    assert.deepEqual(await findPendingUserDeletion(kysely, 1, "用户"), first);
    assert.equal(await findPendingUserDeletion(kysely, 1, "x"), undefined);
    await assert.rejects(insertJob(kysely, { ...user, token: "another" }));
    assert.equal((await listJobs(kysely, 1, {}, { limit: 9, page: 1, order: "asc" })).length, 1);
    await moveJob(kysely, first.job_id, ["scheduled"], { status: "cancelled", updated_at: 1 });
    assert.equal(await findPendingUserDeletion(kysely, 1, "用户"), undefined);
    await insertJob(kysely, { ...user, token: "a third" });
  },
};
