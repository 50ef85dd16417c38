/** What a job does when it goes on after an interruption, and what it leaves alone. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { boot, exists, type Harness, until, V0 } from "../../_harness.ts";

const ORIGIN = { who: "test", request_id: "r" };

/** Puts a job back to `running`, as a kill before its last row change would leave it. */
function interrupt(server: Harness, jobId: number): void {
  const store = new DatabaseSync(`${server.folder}/pipekeep.db`);
  store.prepare("UPDATE jobs SET status = 'running', errors = NULL, directories = 0 WHERE job_id = ?").run(
    jobId,
  );
  store.close();
}

async function ended(server: Harness, jobId: number) {
  await until(
    async () => !["scheduled", "running"].includes((await server.app.jobs.get(jobId)).status),
    "the job ends",
  );
  return await server.app.jobs.get(jobId);
}

Deno.test("a job that stopped at a failure stays stopped when it resumes", async () => {
  await using server = await boot();
  for (const id of ["t1", "t2"]) await server.app.tasks.register({ task_id: id });
  const options = { delete_database_records: false, force: false, continue_on_error: false };
  const { job_id } = await server.app.jobs.deleteTasks(["nope", "t1", "t2"], options, ORIGIN);
  assert.equal((await ended(server, job_id)).errors, "nope: task_not_found");
  interrupt(server, job_id);
  await server.restart();
  const job = await ended(server, job_id);
  assert.deepEqual([job.status, job.errors], ["failed", "nope: task_not_found"]);
  assert.ok(exists(`${server.trainingData}/t1`) && exists(`${server.trainingData}/t2`));
});

Deno.test("a job that resumes does not do again what it did, nor to what was made anew since", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "t1" });
  server.fill("t1", { "old.txt": "12345" });
  const options = { delete_database_records: true, force: false, continue_on_error: true };
  const { job_id } = await server.app.jobs.deleteTasks(["t1"], options, ORIGIN);
  await ended(server, job_id);
  await server.app.tasks.register({ task_id: "t1", created_by: "somebody else" });
  server.fill("t1", { "new.txt": "precious" });
  interrupt(server, job_id);
  await server.restart();
  const job = await ended(server, job_id);
  assert.deepEqual([job.status, job.directories, job.files, job.bytes], ["completed", 1, 1, 5]);
  assert.equal(Deno.readTextFileSync(`${server.trainingData}/t1/new.txt`), "precious");
  assert.equal((await server.call("GET", `${V0}/tasks/t1`)).body.data.created_by, "somebody else");
});

Deno.test("a user's deletion leaves a task that became another user's while it was under way", async () => {
  let arrive = () => {};
  const reached = new Promise<void>((resolve) => arrive = resolve);
  await using server = await boot();
  server.app.events.on("deletion.step", ({ step }) => step === "claimed" && arrive());
  for (const id of ["u1_a", "u1_b"]) {
    await server.app.tasks.register({ task_id: id, created_by: "u1" });
    server.fill(id, Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, "x"])));
  }
  const job = await server.app.jobs.schedule(
    { project_id: 1, action: "delete_user_data", reference_id: "u1", params: {} },
    ORIGIN,
  );
  await reached;
  // While the first is being deleted, the second changes hands.
  const store = new DatabaseSync(`${server.folder}/pipekeep.db`);
  store.exec("UPDATE data_pipeline_tasks SET created_by = 'u2' WHERE task_id = 'u1_b'");
  store.close();
  assert.equal((await ended(server, job.job_id)).status, "completed");
  assert.ok(!exists(`${server.trainingData}/u1_a`));
  assert.ok(exists(`${server.trainingData}/u1_b/f0`));
});
