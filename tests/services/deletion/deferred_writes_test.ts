import assert from "node:assert/strict";
import { DeferredWrites } from "../../../services/deletion/deferred_writes.ts";
import { openTemporary } from "../../_support/database.ts";
import { findSetting, putSetting } from "../../../db/queries/settings.ts";

Deno.test("DeferredWrites makes what was put off once, in its order, however many ask for it", async () => {
  await using store = await openTemporary();
  const deferred = new DeferredWrites({ database: store.database });
  let refuses = true;
  const made: string[] = [];
  const work = (name: string) => async () => {
    if (refuses) throw new Error("the database refuses");
    await store.database.decide([], (trx) => putSetting(trx, "last", name));
    made.push(name);
  };
  await deferred.run(work("first"));
  await deferred.run(work("second"));
  assert.equal(made.length, 0);
  await assert.rejects(deferred.make());
  refuses = false;
  await Promise.all([
    deferred.make(),
    deferred.make(),
    deferred.settle(async () => {}, () => void made.push("third")),
  ]);
  assert.deepEqual(made, ["first", "second", "third"]);
  assert.equal(await findSetting(store.database.kysely, "last"), "second");
  await deferred.make();
  assert.equal(made.length, 3);
});

Deno.test("DeferredWrites has made a work when run resolves, whenever others ended", async () => {
  await using store = await openTemporary();
  for (let moment = 0; moment < 20; moment++) {
    const deferred = new DeferredWrites({ database: store.database });
    const others = deferred.run(async () => {});
    for (let i = 0; i < moment; i++) await null;
    let isMade = false;
    await deferred.run(() => Promise.resolve(void (isMade = true)));
    assert.ok(isMade, `asked ${moment} microtasks later`);
    await others;
  }
});
