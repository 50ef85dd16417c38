import assert from "node:assert/strict";
import { sql, type Transaction } from "kysely";
import {
  endDeletions,
  insertDeletions,
  markPurged,
  markTrashed,
  recordMeasured,
} from "../../../db/queries/deletions.ts";
import { listSealed, sealOldest } from "../../../db/queries/deletion_chain.ts";
import type { Database } from "../../../db/database.ts";
import type { DeletionRow, Tables } from "../../../db/schema.ts";
import { sealed } from "../../../domain/seal.ts";
import { type LogVerdict, verifyLog } from "../../../services/deletion/verify_log.ts";
import { deletion } from "../../db/conformance/_store.ts";
import { openTemporary } from "../../_support/database.ts";

const ROWS = 9;
const NOBODY_ELSES = new Set(["volume_id"]);

/** A log with ends of every kind, of texts and numbers of every kind. */
async function fill({ kysely }: Database): Promise<void> {
  const who = ["127.0.0.1", '李娜 "它\'s" \\ 😀\n\t', ""];
  const rows = Array.from(
    { length: ROWS },
    (_, i) => deletion(`d${i}`, `task_${i}`, { who: who[i % 3]!, job_id: i % 2 ? i : null, requested_at: i }),
  );
  await insertDeletions(kysely, "v", rows);
  for (const [i, { deletion_id }] of rows.entries()) {
    const end = { now: 10 + i, error: i % 2 ? "e" : null };
    if (i % 3 === 0) {
      await markTrashed(kysely, [deletion_id], 5, null);
      const measured = {
        deleted_files_count: i,
        deleted_size_bytes: 2 ** 52,
        unmeasured_files: 0,
        allocated_bytes: 4096,
      };
      await recordMeasured(kysely, [{
        deletion_id,
        ...measured,
        freed_bytes: 0,
        directories_count: 1,
        links_count: null,
      }]);
      if (i > 0) {
        await endDeletions(kysely, [deletion_id], {
          ...end,
          from: ["trashed"],
          to: "purge_failed",
          error_code: "storage_failed",
        });
      }
      await markPurged(kysely, [deletion_id], 20 + i, i === 3 ? -4096 : null);
    } else if (i % 3 === 1) {
      await endDeletions(kysely, [deletion_id], {
        ...end,
        from: ["intent"],
        to: "released",
        error_code: null,
      });
    } else {await endDeletions(kysely, [deletion_id], {
        ...end,
        from: ["intent"],
        to: "failed",
        error_code: "x",
      });}
  }
}

type Tamper = (trx: Transaction<Tables>) => Promise<unknown>;

/** What the check says of a log that somebody changed who can write the file; the log is as before afterwards. */
async function verdictAfter(database: Database, tamper: Tamper): Promise<LogVerdict> {
  let verdict: LogVerdict | undefined;
  const undone = new Error("undone");
  await assert.rejects(
    database.transaction(async (trx) => {
      for (const trigger of ["deletions_sealed_update", "deletions_sealed_delete"]) {
        await sql`drop trigger ${sql.id(trigger)}`.execute(trx);
      }
      await sql`pragma ignore_check_constraints = on`.execute(trx);
      await tamper(trx);
      verdict = await verifyLog({ ...database, kysely: trx });
      throw undone;
    }),
    undone,
  );
  return verdict!;
}

function set(row: DeletionRow, values: Record<string, unknown>): Tamper {
  return async (trx) => {
    for (const [name, value] of Object.entries(values)) {
      await sql`update deletions set ${sql.ref(name)} = ${value} where deletion_id = ${row.deletion_id}`
        .execute(trx);
    }
  };
}

Deno.test("verifyLog finds nothing in a log that nobody changed", async () => {
  await using temporary = await openTemporary();
  const empty = await verifyLog(temporary.database);
  assert.deepEqual([empty.valid, empty.checked, empty.first_bad, empty.end.sequence], [true, 0, null, 0]);
  await fill(temporary.database);
  const { valid, checked, first_bad, unsealed, end } = await verifyLog(temporary.database);
  assert.deepEqual([valid, checked, first_bad, unsealed, end.sequence], [true, ROWS, null, 0, ROWS]);
});

Deno.test("verifyLog names the row of which any column was changed, and no other", async (t) => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await fill(database);
  const rows = await listSealed(database.kysely, 0, 99);
  const notNull = new Set(
    (await sql<{ name: string }>`select name from pragma_table_info('deletions') where "notnull" or pk`
      .execute(database.kysely)).rows.map((column) => column.name),
  );
  for (const column of Object.keys(rows[0]!) as (keyof DeletionRow)[]) {
    await t.step(column, async () => {
      for (const row of rows) {
        const value = row[column];
        const others: unknown[] = typeof value === "number"
          ? [value + 100, -value - 1]
          : typeof value === "string"
          ? [value + "x", value.slice(1) + "y"]
          : column === "hash" || column === "error" || column === "error_code"
          ? [""]
          : [0];
        if (value !== null && !notNull.has(column)) others.push(null);
        for (const other of others) {
          const { valid, checked, first_bad } = await verdictAfter(database, set(row, { [column]: other }));
          const what = `row ${row.sequence}: ${JSON.stringify(value)} → ${JSON.stringify(other)}`;
          if (NOBODY_ELSES.has(column)) {
            assert.ok(valid, what);
            continue;
          }
          // A row that says it stands below the chain is found there.
          const place = column === "sequence" && typeof other === "number" && other < 1
            ? other
            : row.sequence;
          assert.deepEqual(
            [valid, first_bad?.sequence],
            [false, place],
            `${what}: ${JSON.stringify(first_bad)}`,
          );
          if (place === row.sequence) assert.equal(checked, row.sequence! - 1, what);
        }
      }
    });
  }
  assert.equal((await verifyLog(database)).valid, true);
});

Deno.test("verifyLog names the place of a row that is gone, the last one too", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await fill(database);
  for (const row of await listSealed(database.kysely, 0, 99)) {
    const gone: Tamper = (trx) =>
      trx.deleteFrom("deletions").where("deletion_id", "=", row.deletion_id).execute();
    const { valid, first_bad } = await verdictAfter(database, gone);
    assert.deepEqual([valid, first_bad?.sequence, first_bad?.deletion_id], [false, row.sequence, null]);
  }
});

Deno.test("verifyLog names the first of two rows that changed places", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await fill(database);
  const rows = await listSealed(database.kysely, 0, 99);
  const swap = (a: DeletionRow, b: DeletionRow, columns: (keyof DeletionRow)[]): Tamper => async (trx) => {
    const of = (row: DeletionRow) => Object.fromEntries(columns.map((name) => [name, row[name]]));
    await set(a, { sequence: null })(trx);
    await set(b, of(a))(trx);
    await set(a, of(b))(trx);
  };
  for (const [i, a] of rows.entries()) {
    for (const b of rows.slice(i + 1)) {
      for (
        const columns of [["sequence"], ["sequence", "previous_hash"], [
          "sequence",
          "previous_hash",
          "hash",
        ]] as const
      ) {
        const { first_bad } = await verdictAfter(database, swap(a, b, [...columns]));
        assert.equal(first_bad?.sequence, a.sequence, `${a.sequence} and ${b.sequence}: ${columns}`);
      }
    }
  }
});

Deno.test("verifyLog finds a row that was sealed anew, by the row behind it or by the chain's end", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await fill(database);
  const rows = await listSealed(database.kysely, 0, 99);
  for (const [i, row] of rows.entries()) {
    const [anew] = sealed([{ ...row, who: "nobody" }], {
      sequence: row.sequence! - 1,
      hash: row.previous_hash!,
    });
    const { valid, first_bad } = await verdictAfter(database, set(row, { who: "nobody", hash: anew!.hash }));
    assert.deepEqual([valid, first_bad?.sequence], [false, Math.min(i + 2, ROWS)]);
  }
});

Deno.test("verifyLog finds rows behind the chain's end, and an end that was set back", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await fill(database);
  const rows = await listSealed(database.kysely, 0, 99);
  const { sequence, hash } = rows[4]!;
  const back: Tamper = (trx) =>
    trx.updateTable("deletion_chain").set({ sequence: sequence!, hash: hash! }).execute();
  assert.equal((await verdictAfter(database, back)).first_bad?.sequence, 6);
});

Deno.test("verifyLog counts what is still to be sealed, and reads a long log in pages", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  await sql`
    insert into deletions (deletion_id, task_id, state, who, request_id, delete_database_records, force, requested_at,
      finished_at)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 1201)
    select 'd' || i, 't', 'purged', 'w', 'r', 0, 0, i, i from n`.execute(database.kysely);
  assert.deepEqual({ ...await verifyLog(database), end: null }, {
    valid: true,
    checked: 0,
    first_bad: null,
    unsealed: 1201,
    end: null,
  });
  await database.decide([], (trx) => sealOldest(trx, 5000));
  const { valid, checked, unsealed } = await verifyLog(database);
  assert.deepEqual([valid, checked, unsealed], [true, 1201, 0]);
  const { first_bad } = await verdictAfter(
    database,
    (trx) => trx.updateTable("deletions").set({ who: "x" }).where("deletion_id", "=", "d777").execute(),
  );
  assert.deepEqual([first_bad?.sequence, first_bad?.deletion_id], [777, "d777"]);
});
