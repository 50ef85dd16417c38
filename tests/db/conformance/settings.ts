import assert from "node:assert/strict";
import { deleteSetting, findSetting, listSettings, putSetting } from "../../../db/queries/settings.ts";
import type { Conformance } from "./_store.ts";

const AWKWARD = ["", 'it\'s "so"', "100%_\\", "高速公路", "😀", "a\nb\tc", "$1 ? :x @y"];

export const settings: Conformance = {
  "putSetting keeps the last value, whatever its characters": async ({ kysely }) => {
    assert.equal(await findSetting(kysely, "n"), undefined);
    for (const value of AWKWARD) {
      await putSetting(kysely, "n", value);
      assert.equal(await findSetting(kysely, "n"), value);
    }
    assert.equal(await findSetting(kysely, "N"), undefined);
  },
  "putSetting refuses U+0000 and lone surrogates, and nothing changes": async ({ kysely }) => {
    await putSetting(kysely, "n", "v");
    for (const bad of ["v\0", "\0", "\ud800", "a\udc00b"]) {
      await assert.rejects(putSetting(kysely, "n", bad));
      await assert.rejects(putSetting(kysely, bad, "v"));
    }
    assert.equal(await findSetting(kysely, "n"), "v");
  },
  "listSettings gives those that begin so, as they are written; deleteSetting takes one": async (
    { kysely },
  ) => {
    for (const name of ["v:b", "v:a", "V:a", "v%a", "v:", "w:a", "v_a"]) {
      await putSetting(kysely, name, `of ${name}`);
    }
    const names = async (prefix: string) => (await listSettings(kysely, prefix)).map((row) => row.name);
    assert.deepEqual(await names("v:"), ["v:", "v:a", "v:b"]);
    assert.deepEqual(await names("v%"), ["v%a"]);
    assert.deepEqual(await names("v_"), ["v_a"]);
    assert.deepEqual((await listSettings(kysely, "w")).map((row) => ({ ...row })), [
      { name: "w:a", value: "of w:a" },
    ]);
    await deleteSetting(kysely, "v:a");
    await deleteSetting(kysely, "nothing");
    assert.deepEqual(await names("v:"), ["v:", "v:b"]);
  },
  "a failed transaction leaves nothing": async (database) => {
    for (const run of ["transaction", "shareCommit", "decide"] as const) {
      const work = async (trx: Parameters<typeof putSetting>[0]) => {
        await putSetting(trx, "n", "v");
        assert.equal(await findSetting(trx, "n"), "v");
        throw new Error("no");
      };
      await assert.rejects(
        run === "decide" ? database.decide(["b", "a", "b"], work) : database[run](work),
        /no/,
      );
      assert.equal(await findSetting(database.kysely, "n"), undefined);
    }
  },
  "shareCommit: of those that come together each sees the one before, and one that fails takes back itself alone":
    async (
      database,
    ) => {
      await putSetting(database.kysely, "n", "0");
      const numbers = Array.from({ length: 12 }, (_, i) => i);
      const results = await Promise.allSettled(numbers.map((i) =>
        database.shareCommit(async (trx) => {
          await putSetting(trx, "n", String(Number(await findSetting(trx, "n")) + 1));
          if (i % 3 === 0) throw new Error("no");
        })
      ));
      assert.deepEqual(
        results.map((result) => result.status === "rejected"),
        numbers.map((i) => i % 3 === 0),
      );
      assert.equal(await findSetting(database.kysely, "n"), "8");
    },
  "decide of the same ids in other orders runs one after the other, and none is lost": async (database) => {
    await putSetting(database.kysely, "n", "0");
    const orders = Array.from({ length: 10 }, (_, i) => i % 2 === 0 ? ["a", "b"] : ["b", "a"]);
    await Promise.all(orders.map((ids) =>
      database.decide(ids, async (trx) => {
        await putSetting(trx, "n", String(Number(await findSetting(trx, "n")) + 1));
      })
    ));
    assert.equal(await findSetting(database.kysely, "n"), "10");
  },
  "changeToken differs for the table that was written, and for no other": async (database) => {
    const words = () => Promise.all([database.changeToken("settings"), database.changeToken("jobs")]);
    const before = await words();
    await putSetting(database.kysely, "n", "v");
    const after = await words();
    assert.notEqual(after[0], before[0]);
    assert.equal(after[1], before[1]);
    await assert.rejects(database.transaction(async (trx) => {
      await putSetting(trx, "n", "w");
      throw new Error("no");
    }));
    assert.deepEqual(await words(), after);
  },
};
