/** What `POST jobs` answers when the database does not say whether its commit stands. */
import assert from "node:assert/strict";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { withStore } from "../../_support/store.ts";
import { boot } from "../../_harness.ts";

for (const [fault, status, jobs] of [["stands", 201, 1], ["lost", 500, 0]] as const) {
  Deno.test(`Jobs.schedule answers ${status} with ${jobs} jobs when a commit in doubt ${fault}`, async () => {
    const faults = new CommitFaults();
    await using server = await boot({ seams: { commitFault: faults.seam } });
    const { api_key } = await server.app.keys.create("k", "admin");
    const key = (await server.app.projects.list())[0]!.project_key;
    const send = () =>
      server.call("POST", `/public/${key}/jobs`, {
        action: "delete_user_data",
        referenceId: "u",
        startAt: Date.now() + 3_600_000,
      }, { authorization: `Bearer ${api_key}` });
    const rows = () => withStore(server, (store) => store.prepare("SELECT job_id, status FROM jobs").all());
    faults.arm(fault);
    const answer = await send();
    assert.equal(faults.isArmed, false);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.equal(rows().length, jobs);
    if (jobs === 1) assert.equal(answer.body.data.jobId, rows()[0]!.job_id);
    // The row is what counts for the next one, too.
    assert.equal((await send()).status, jobs === 1 ? 409 : 201);
    assert.equal(rows().length, 1);
  });
}
