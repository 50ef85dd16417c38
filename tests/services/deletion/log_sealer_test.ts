import assert from "node:assert/strict";
import { sql } from "kysely";
import { countUnsealed } from "../../../db/queries/deletion_chain.ts";
import { LogSealer } from "../../../services/deletion/log_sealer.ts";
import { verifyLog } from "../../../services/deletion/verify_log.ts";
import type { Database } from "../../../db/database.ts";
import { until } from "../../_harness.ts";
import { openTemporary } from "../../_support/database.ts";

/** The log of a program that knew of no chain. */
async function fill({ kysely }: Database, rows: number): Promise<void> {
  await sql`
    insert into deletions (deletion_id, task_id, state, who, request_id, delete_database_records, force, requested_at,
      finished_at)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
    select 'd' || i, 't', iif(i % 2, 'purged', 'released'), 'w', 'r', 0, 0, i, i / 3 from n`.execute(kysely);
}

Deno.test("LogSealer seals an older log by when each ended, and is done then", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await fill(database, 1234);
  const sealer = new LogSealer(database);
  assert.equal(await sealer.runOnce(), 1234);
  assert.equal(await sealer.runOnce(), 0);
  const { valid, checked, unsealed } = await verifyLog(database);
  assert.deepEqual([valid, checked, unsealed], [true, 1234, 0]);
  const rows = await database.kysely.selectFrom("deletions").select("finished_at").orderBy("sequence")
    .execute();
  assert.ok(rows.every((row, i) => i === 0 || row.finished_at! >= rows[i - 1]!.finished_at!));
});

Deno.test("LogSealer that is stopped half way leaves a log whose rest the next one seals", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await fill(database, 3000);
  const first = new LogSealer(database);
  first.start();
  await until(async () => await countUnsealed(database.kysely) < 3000, "a batch is sealed");
  await first.stop();
  const left = await countUnsealed(database.kysely);
  assert.ok(left > 0 && left % 500 === 0, String(left));
  assert.deepEqual([(await verifyLog(database)).valid, (await verifyLog(database)).unsealed], [true, left]);
  assert.equal(await new LogSealer(database).runOnce(), left);
  assert.equal((await verifyLog(database)).checked, 3000);
});
