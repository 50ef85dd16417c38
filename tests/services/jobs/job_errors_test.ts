/** A job says what it could not do, also when the log has no row of it. */
import assert from "node:assert/strict";
import { boot, exists, until } from "../../_harness.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";

const OPTIONS = { delete_database_records: false, force: false, continue_on_error: true };

Deno.test("Runner ends a job as failed when the database refused one of its tasks", async () => {
  for (const nth of [4, 5, 6, 7, 8, 9, 10]) {
    const faults = new CommitFaults();
    await using server = await boot({ seams: { commitFault: faults.seam } });
    const ids = ["task_a", "task_b", "task_c"];
    for (const id of ids) {
      await server.app.tasks.register({ task_id: id });
      server.fill(id, { "a.txt": "12345" });
    }
    faults.arm("lost", nth);
    const { job_id } = await server.app.jobs.deleteTasks(ids, OPTIONS, { who: "w", request_id: "r" });
    await until(
      async () => !["scheduled", "running"].includes((await server.app.jobs.get(job_id)).status),
      "it ended",
    );
    const job = await server.app.jobs.get(job_id);
    const left = ids.filter((id) => exists(`${server.trainingData}/${id}/a.txt`));
    if (left.length === 0) assert.equal(job.status, "completed", `${nth}: ${job.errors}`);
    else {
      assert.equal(job.status, "failed", `${nth}: ${left} are left`);
      for (const id of left) assert.match(job.errors ?? "", new RegExp(`${id}: `));
    }
  }
});
