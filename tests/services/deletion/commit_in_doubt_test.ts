/** A commit that reports an error may stand or be lost: at every transaction of the protocol, the answer is true all the same. */
import assert from "node:assert/strict";
import { boot, exists, type Harness, listTree, V0 } from "../../_harness.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { assertLike, register } from "../../_support/scenarios.ts";

/** The protocol's transactions, in order: claim, record, finish. */
const TRANSACTIONS = [1, 2, 3];
const IDS = ["task_a", "task_b", "task_c"];

interface LogRow {
  task_id: string;
  outcome: string;
  deleted_size_bytes: number | null;
}

async function logOf(harness: Harness): Promise<LogRow[]> {
  return (await harness.call("GET", `${V0}/deletions?limit=1000`)).body.data.deletions;
}

/** Records, disk and log agree on each task; what is gone was counted once. */
async function assertAgreement(
  harness: Harness,
  deleted: readonly string[],
  records: boolean,
): Promise<void> {
  const log = await logOf(harness);
  for (const id of IDS) {
    const isGone = deleted.includes(id);
    assert.equal(exists(`${harness.trainingData}/${id}/a.txt`), !isGone, `${id} on the disk`);
    const { status, body } = await harness.call("GET", `${V0}/tasks/${id}`);
    if (isGone && records) assert.equal(status, 404, id);
    else assert.equal(body.data.directory_exists, !isGone, `${id}'s record`);
    const rows = log.filter((row) => row.task_id === id);
    assert.ok(
      rows.every((row) => row.outcome !== "intent" && row.outcome !== "trashed"),
      JSON.stringify(rows),
    );
    const purged = rows.filter((row) => row.outcome === "purged");
    assert.equal(
      purged.reduce((sum, row) => sum + row.deleted_size_bytes!, 0),
      isGone ? 5 : 0,
      JSON.stringify(rows),
    );
  }
  const trash = listTree(`${harness.trainingData}/.pipekeep-trash`).filter((name) =>
    !name.startsWith(".volume-")
  );
  assert.deepEqual(trash, []);
  // Each of them ended once, and is in the chain once.
  assertLike(await harness.app.verifyLog(), { valid: true, checked: log.length, unsealed: 0 });
}

for (const fault of ["stands", "lost"] as const) {
  for (const nth of TRANSACTIONS) {
    for (const records of [false, true]) {
      const what = `commit ${nth} ${fault === "stands" ? "stands" : "is lost"}, ${
        records ? "with" : "keeping"
      } records`;
      Deno.test(`Deletion answers the truth when ${what} and reports an error`, async () => {
        const faults = new CommitFaults();
        await using harness = await boot({ seams: { commitFault: faults.seam } });
        await register(harness, ...IDS, "other");
        for (const id of IDS) harness.fill(id, { "a.txt": "12345" });
        faults.arm(fault, nth);
        const options = { confirm: true, delete_database_records: records };
        const { status, body } = await harness.call("DELETE", `${V0}/tasks`, { task_ids: IDS, ...options });
        assert.equal(faults.isArmed, false, "the fault came");
        const isDeleted = status === 200;
        if (isDeleted) assert.equal(body.data.summary.successfully_deleted, IDS.length, JSON.stringify(body));
        else assert.equal(status, 500, JSON.stringify(body));
        // What was asked for has happened or has not; a commit that stands was not undone.
        if (fault === "stands" || nth === 3) assert.ok(isDeleted, JSON.stringify(body));
        // What the database refused for good follows with the next deletion.
        await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["other"], confirm: true });
        await assertAgreement(harness, isDeleted ? IDS : [], records);
        const again = await harness.call("DELETE", `${V0}/tasks`, { task_ids: IDS, ...options });
        assert.equal(again.status, 200);
        if (!isDeleted) assert.equal(again.body.data.summary.successfully_deleted, IDS.length);
      });
    }
  }
}

Deno.test("Deletion survives a restart after every commit that was lost or stood in doubt", async () => {
  for (const fault of ["stands", "lost"] as const) {
    for (const nth of TRANSACTIONS) {
      const faults = new CommitFaults();
      await using harness = await boot({ seams: { commitFault: faults.seam } });
      await register(harness, ...IDS, "other");
      for (const id of IDS) harness.fill(id, { "a.txt": "12345" });
      faults.arm(fault, nth);
      const { status } = await harness.call("DELETE", `${V0}/tasks`, { task_ids: IDS, confirm: true });
      await harness.restart();
      await assertAgreement(harness, status === 200 ? IDS : [], false);
    }
  }
});
