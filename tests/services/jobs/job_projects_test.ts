/** Whose tasks a job may delete: its own project's, unless the order came through an API that knows no projects. */
import assert from "node:assert/strict";
import { withStore } from "../../_support/store.ts";
import { boot, exists, type Harness, until, V0 } from "../../_harness.ts";

const ORIGIN = { who: "test", request_id: "r" };
const OPTIONS = { delete_database_records: true, force: false, continue_on_error: true };

/** `mine` of the default project, `theirs` of another, `nobodys` without a record. */
async function fillProjects(server: Harness): Promise<void> {
  const other = await server.app.projects.create("other");
  for (const task_id of ["mine", "theirs"]) await server.app.tasks.register({ task_id });
  for (const task_id of ["mine", "theirs", "nobodys"]) server.fill(task_id, { "a.txt": "12345" });
  withStore(server, (store) => {
    store.prepare("UPDATE data_pipeline_tasks SET project_id = ? WHERE task_id = 'theirs'").run(other.id);
  });
}

async function ended(server: Harness, jobId: number) {
  await until(
    async () => !["scheduled", "running"].includes((await server.app.jobs.get(jobId)).status),
    "the job ends",
  );
  return await server.app.jobs.get(jobId);
}

Deno.test("Runner fails a delete_tasks on another project's task, and on a directory without record, as unknown", async () => {
  await using server = await boot();
  await fillProjects(server);
  const record = async () => (await server.call("GET", `${V0}/tasks/theirs`)).body.data;
  const before = await record();
  const { job_id } = await server.app.jobs.schedule({
    project_id: 1,
    action: "delete_tasks",
    reference_id: "3 tasks",
    params: { task_ids: ["theirs", "nobodys", "unknown", "mine"], options: OPTIONS },
  }, ORIGIN);
  const job = await ended(server, job_id);
  assert.equal(job.status, "failed");
  assert.equal(
    job.errors,
    "theirs: task_not_found; nobodys: task_not_found; unknown: task_not_found",
  );
  assert.ok(exists(`${server.trainingData}/theirs/a.txt`) && exists(`${server.trainingData}/nobodys/a.txt`));
  assert.ok(!exists(`${server.trainingData}/mine`));
  assert.deepEqual(await record(), before);
});

Deno.test("Jobs.deleteTasks deletes any project's tasks, and directories without record", async () => {
  await using server = await boot();
  await fillProjects(server);
  const ids = ["theirs", "nobodys", "mine"];
  const { job_id } = await server.app.jobs.deleteTasks(ids, OPTIONS, ORIGIN);
  const job = await ended(server, job_id);
  assert.deepEqual([job.status, job.errors, job.directories], ["completed", null, 3]);
  for (const id of ids) assert.ok(!exists(`${server.trainingData}/${id}`), id);
});
