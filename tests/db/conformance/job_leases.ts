import assert from "node:assert/strict";
import {
  claimNextJob,
  expireFormerLeases,
  findClaimable,
  holderOf,
  isHeld,
  listJobItems,
  saveSelection,
  updateHeldJob,
} from "../../../db/queries/job_leases.ts";
import { findJob, insertJob, moveJob } from "../../../db/queries/jobs.ts";
import type { Database } from "../../../db/database.ts";
import type { Conformance } from "./_store.ts";

function schedule({ kysely }: Database, start_at: number) {
  return insertJob(kysely, {
    project_id: 1,
    action: "delete_tasks",
    reference_id: "x",
    description: "d",
    params: "{}",
    who: "w",
    request_id: "r",
    start_at,
    created_at: 50,
    directories_total: 3,
    token: crypto.randomUUID(),
  });
}

/** The claim of a job that was just scheduled, until `lease`. */
async function claimed(database: Database, holder: string, lease: number) {
  await schedule(database, 100);
  const job = await claimNextJob(database.kysely, holder, 100, lease);
  assert.ok(job !== undefined);
  return { job_id: job.job_id, holder, epoch: job.epoch };
}

export const jobLeases: Conformance = {
  "findClaimable takes what nobody runs any more first, then what is due longest": async (database) => {
    const { kysely } = database;
    const late = await schedule(database, 300);
    const early = await schedule(database, 200);
    assert.equal(await findClaimable(kysely, "h", 199), undefined);
    assert.equal((await findClaimable(kysely, "h", 300))?.job_id, early.job_id);
    await moveJob(kysely, late.job_id, ["scheduled"], { status: "running", updated_at: 1 });
    assert.equal((await findClaimable(kysely, "h", 0))?.job_id, late.job_id);
  },
  "claimNextJob gives a job to one holder until its lease ran out, with a new epoch each time": async (
    database,
  ) => {
    const { kysely } = database;
    const first = await claimed(database, "a", 200);
    assert.equal(await claimNextJob(kysely, "b", 199, 300), undefined);
    const again = await claimNextJob(kysely, "b", 200, 300);
    assert.equal(again?.job_id, first.job_id);
    assert.deepEqual([again?.holder, again?.epoch], ["b", first.epoch + 1]);
    assert.equal(await isHeld(kysely, first), false);
  },
  "expireFormerLeases ends the leases of former servers of the volume, and no others": async (database) => {
    const { kysely } = database;
    const leaseOf = async (jobId: number) => (await findJob(kysely, jobId))?.lease_expires_at;
    const mine = await claimed(database, holderOf("v", "now"), 1000);
    const former = await claimed(database, holderOf("v", "before"), 1000);
    const others = [
      await claimed(database, holderOf("v2", "now"), 1000),
      await claimed(database, holderOf("V", "now"), 1000),
      await claimed(database, "of an older program", 1000),
    ];
    await expireFormerLeases(kysely, "v", mine.holder);
    for (const { job_id, holder } of [mine, ...others]) assert.equal(await leaseOf(job_id), 1000, holder);
    assert.equal(await leaseOf(former.job_id), 0);
    assert.equal((await claimNextJob(kysely, "b", 101, 300))?.job_id, former.job_id);
  },
  "updateHeldJob writes for the holder of this epoch alone": async (database) => {
    const { kysely } = database;
    const claim = await claimed(database, "a", 200);
    assert.equal(await isHeld(kysely, claim), true);
    assert.equal(await updateHeldJob(kysely, claim, ["running"], { directories: 1, updated_at: 150 }), true);
    for (
      const other of [{ ...claim, holder: "b" }, { ...claim, epoch: claim.epoch - 1 }, {
        ...claim,
        job_id: 99,
      }]
    ) {
      assert.equal(await updateHeldJob(kysely, other, ["running"], { directories: 9 }), false);
    }
    await moveJob(kysely, claim.job_id, ["running"], { status: "cancelled", updated_at: 160 });
    assert.equal(await isHeld(kysely, claim), false);
    assert.equal(await updateHeldJob(kysely, claim, ["running"], { directories: 9 }), false);
    assert.equal(await updateHeldJob(kysely, claim, ["cancelled"], { directories: 2 }), true);
    assert.equal((await findJob(kysely, claim.job_id))?.directories, 2);
  },
  "saveSelection keeps what a job means, in its order": async (database) => {
    const { kysely } = database;
    const claim = await claimed(database, "a", 200);
    assert.deepEqual(await listJobItems(kysely, claim.job_id), []);
    const ids = Array.from({ length: 12_000 }, (_, i) => `task_${(i * 7919) % 12_000}`);
    const job = await database.decide([], (trx) => saveSelection(trx, claim.job_id, ids, 120));
    assert.equal(job.selected_at, 120);
    assert.deepEqual(await listJobItems(kysely, claim.job_id), ids);
  },
};
