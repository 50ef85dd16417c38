import assert from "node:assert/strict";
import { findSetting, putSetting } from "../../db/queries/settings.ts";
import { decideAndAsk, isSameRow } from "../../services/decide_and_ask.ts";
import { CommitFaults } from "../_support/commit_faults.ts";
import { openTemporary } from "../_support/database.ts";

async function open() {
  const faults = new CommitFaults();
  const temporary = await openTemporary({ commitFault: faults.seam });
  const { database } = temporary;
  const find = () => findSetting(database.kysely, "a");
  const put = (stands: (written: string) => Promise<boolean | undefined>) =>
    decideAndAsk(database, {
      lockIds: [],
      work: async (trx) => {
        await putSetting(trx, "a", "1");
        return "1";
      },
      stands,
    });
  return { faults, find, put, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}

const never = () => Promise.reject(new Error("nobody is to be asked"));

Deno.test("decideAndAsk asks nobody when the commit answered", async () => {
  await using store = await open();
  assert.equal(await store.put(never), "1");
  assert.equal(await store.find(), "1");
});

Deno.test("decideAndAsk returns what was written when a commit that reports an error stands", async () => {
  await using store = await open();
  store.faults.arm("stands");
  assert.equal(await store.put(async (written) => await store.find() === written), "1");
  assert.equal(store.faults.isArmed, false);
});

Deno.test("decideAndAsk says storage_failed when the commit was lost, and nothing stands", async () => {
  await using store = await open();
  store.faults.arm("lost");
  const asked = store.put(async (written) => await store.find() === written);
  await assert.rejects(asked, { name: "PipekeepError", code: "storage_failed" });
  assert.equal(await store.find(), undefined);
});

Deno.test("decideAndAsk leaves the doubt when nobody can tell", async () => {
  await using store = await open();
  store.faults.arm("stands");
  await assert.rejects(store.put(() => Promise.resolve(undefined)), { name: "CommitInDoubt" });
});

Deno.test("decideAndAsk throws what the work throws, and nothing stands", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  const work = decideAndAsk(database, {
    lockIds: [],
    work: async (trx) => {
      await putSetting(trx, "a", "1");
      throw new RangeError("no");
    },
    stands: never,
  });
  await assert.rejects(work, RangeError);
  assert.equal(await findSetting(database.kysely, "a"), undefined);
});

Deno.test("isSameRow tells rows apart by any of their columns, and nothing from a row", () => {
  const row = { id: 1, name: "a", at: null };
  assert.ok(isSameRow(row, { ...row }));
  assert.ok(isSameRow(undefined, undefined));
  for (const other of [{ ...row, at: 0 }, { ...row, id: 2 }, { ...row, name: "" }, undefined]) {
    assert.ok(!isSameRow(row, other));
  }
});
