import assert from "node:assert/strict";
import {
  countUnsealed,
  findChainEnd,
  hasUnsealed,
  listSealed,
  seal,
  sealDeletions,
  sealOldest,
} from "../../../db/queries/deletion_chain.ts";
import {
  endDeletions,
  findDeletions,
  insertDeletions,
  markPurged,
  markTrashed,
} from "../../../db/queries/deletions.ts";
import type { Database, Executor } from "../../../db/database.ts";
import { GENESIS, hashOf } from "../../../domain/seal.ts";
import { type Conformance, deletion, VOLUME } from "./_store.ts";

const failed = { state: "failed" as const, finished_at: 1, error_code: "x" };

/** Deletion ids in the chain's order; asserts that each follows on the one before. */
async function chain(kysely: Executor): Promise<string[]> {
  const rows = await listSealed(kysely, 0, 100);
  let before = GENESIS;
  for (const [i, row] of rows.entries()) {
    assert.deepEqual([row.sequence, row.previous_hash, row.hash], [i + 1, before, hashOf(row)]);
    before = row.hash!;
  }
  const { sequence, hash, last } = await findChainEnd(kysely);
  assert.deepEqual([sequence, hash, last], [rows.length, before, rows.length]);
  return rows.map((row) => row.deletion_id);
}

/** Rows as a program before the chain left them. */
async function insertUnsealed({ kysely }: Database, finished_at: Record<string, number>): Promise<void> {
  const ids = Object.keys(finished_at);
  await insertDeletions(kysely, VOLUME, ids.map((id) => deletion(id, id)));
  for (const id of ids) {
    const ended = { ...failed, finished_at: finished_at[id]! };
    await kysely.updateTable("deletions").set(ended).where("deletion_id", "=", id).execute();
  }
}

export const deletionChain: Conformance = {
  "every way to a final state seals the row in it, by when it ended; others are not sealed": async (
    { kysely },
  ) => {
    assert.deepEqual(await chain(kysely), []);
    const ids = ["p", "r", "f", "s", "w"];
    await insertDeletions(kysely, VOLUME, ids.map((id) => deletion(id, id)));
    await markTrashed(kysely, ["p"], 5, null);
    await markTrashed(kysely, ["w"], 5, 99);
    assert.deepEqual(await chain(kysely), []);
    const now = { now: 7, error: null };
    await endDeletions(kysely, ["s"], { ...now, from: ["intent"], to: "stranded", error_code: "x" });
    await endDeletions(kysely, ["r"], { ...now, from: ["intent"], to: "released", error_code: null });
    await endDeletions(kysely, ["f"], { ...now, from: ["intent"], to: "failed", error_code: "x" });
    await endDeletions(kysely, ["p"], { ...now, from: ["trashed"], to: "purge_failed", error_code: "x" });
    assert.deepEqual(await chain(kysely), ["r", "f"]);
    await insertDeletions(kysely, VOLUME, [deletion("i", "i", { ...failed }), deletion("j", "j")]);
    await markPurged(kysely, ["p"], 9);
    await endDeletions(kysely, ["s"], { ...now, from: ["stranded"], to: "released", error_code: null });
    assert.deepEqual(await chain(kysely), ["r", "f", "i", "p", "s"]);
    const [p] = await findDeletions(kysely, ["p"]);
    assert.deepEqual([p!.failed_attempts, p!.stuck_since], [1, 7]);
  },
  "several that end at once are sealed by when they ended, then by id": async ({ kysely }) => {
    await insertDeletions(kysely, VOLUME, [
      deletion("b", "b", failed),
      deletion("c", "c", { ...failed, finished_at: 0 }),
      deletion("a", "a", failed),
    ]);
    assert.deepEqual(await chain(kysely), ["c", "a", "b"]);
  },
  "a sealed row neither changes nor goes, but for its volume; ending it again does nothing": async (
    database,
  ) => {
    const { kysely } = database;
    await insertDeletions(kysely, VOLUME, [deletion("a", "a", failed)]);
    const before = await findDeletions(kysely, ["a"]);
    const again = { to: "released" as const, now: 9, error_code: null, error: null };
    await endDeletions(kysely, ["a"], { ...again, from: ["intent"] });
    await markPurged(kysely, ["a"], 9);
    await assert.rejects(
      database.decide([], (trx) => endDeletions(trx, ["a"], { ...again, from: ["failed"] })),
      /sealed/,
    );
    await assert.rejects(kysely.deleteFrom("deletions").execute(), /sealed/);
    assert.deepEqual(await findDeletions(kysely, ["a"]), before);
    await kysely.updateTable("deletions").set({ volume_id: "other" }).execute();
    assert.deepEqual(await chain(kysely), ["a"]);
  },
  "sealOldest seals what is left, by when it ended, and what ends meanwhile goes between": async (
    database,
  ) => {
    const { kysely } = database;
    await insertUnsealed(database, { a: 3, b: 1, c: 2, d: 3 });
    await insertDeletions(kysely, VOLUME, [deletion("open", "open")]);
    assert.equal(await countUnsealed(kysely), 4);
    assert.equal(await hasUnsealed(kysely), true);
    assert.equal(await sealOldest(kysely, 2), 2);
    await insertDeletions(kysely, VOLUME, [deletion("new", "new", { ...failed, finished_at: 9 })]);
    assert.equal(await sealOldest(kysely, 9), 2);
    assert.equal(await sealOldest(kysely, 9), 0);
    assert.equal(await countUnsealed(kysely), 0);
    assert.equal(await hasUnsealed(kysely), false);
    assert.deepEqual(await chain(kysely), ["b", "c", "new", "a", "d"]);
  },
  "seal gives places and writes no row, sealDeletions seals only what is final and was not sealed": async (
    { kysely },
  ) => {
    await insertDeletions(kysely, VOLUME, [deletion("a", "a"), deletion("b", "b", failed)]);
    const [a] = await findDeletions(kysely, ["a"]);
    await sealDeletions(kysely, ["a", "b", "none"]);
    await sealDeletions(kysely, []);
    assert.deepEqual(await chain(kysely), ["b"]);
    assert.deepEqual(await seal(kysely, []), []);
    const [sealedRow] = await seal(kysely, [{ ...a!, ...failed }]);
    assert.equal(sealedRow!.sequence, 2);
    assert.deepEqual(await findDeletions(kysely, ["a"]), [a]);
  },
  "listSealed goes on behind a place, and a transaction that fails seals nothing": async (database) => {
    const { kysely } = database;
    await insertDeletions(kysely, VOLUME, ["a", "b", "c"].map((id) => deletion(id, id, failed)));
    assert.deepEqual((await listSealed(kysely, 1, 1)).map((row) => row.deletion_id), ["b"]);
    const before = await findChainEnd(kysely);
    await assert.rejects(
      database.decide([], async (trx) => {
        await insertDeletions(trx, VOLUME, [deletion("d", "d", failed)]);
        assert.equal((await findChainEnd(trx)).last, 4);
        throw new Error("no");
      }),
      /no/,
    );
    assert.deepEqual(await findChainEnd(kysely), before);
  },
  "transactions at the same time make one chain": async (database) => {
    const ids = Array.from({ length: 40 }, (_, i) => `d${i}`);
    await Promise.all(ids.map((id) =>
      database.decide([id], async (trx) => {
        await insertDeletions(trx, VOLUME, [deletion(id, id)]);
        await endDeletions(trx, [id], {
          from: ["intent"],
          to: "released",
          now: 5,
          error_code: null,
          error: null,
        });
      })
    ));
    assert.deepEqual((await chain(database.kysely)).toSorted(), ids.toSorted());
  },
};
