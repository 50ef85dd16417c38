import assert from "node:assert/strict";
import { boot } from "../_harness.ts";
import { CommitFaults } from "../_support/commit_faults.ts";
import { withStore } from "../_support/store.ts";

for (const [fault, left] of [["stands", 1], ["lost", 0]] as const) {
  Deno.test(`createApp gives its services commits that report an error although they ${fault === "stands" ? "stand" : "are lost"}`, async () => {
    const faults = new CommitFaults();
    await using harness = await boot({ seams: { commitFault: faults.seam } });
    faults.arm(fault);
    const made = harness.app.projects.create("p");
    if (fault === "lost") await assert.rejects(made, { code: "storage_failed" });
    else await made;
    assert.equal(faults.isArmed, false);
    const row = withStore(
      harness,
      (store) => store.prepare("SELECT count(*) AS n FROM projects WHERE name = 'p'").get()!,
    );
    assert.equal(row.n, left);
  });
}
