import assert from "node:assert/strict";
import { CommitInDoubt } from "../../db/database.ts";
import { decide, type Engine } from "../../db/decide.ts";
import { findSetting, putSetting } from "../../db/queries/settings.ts";
import { CommitFaults } from "../_support/commit_faults.ts";
import { openTemporary } from "../_support/database.ts";

/** An engine whose first tries end in these errors. */
function engineOf(errors: Error[]) {
  const locked: string[][] = [];
  const engine: Engine<string> = {
    transact: (lockIds, work) => {
      locked.push([...lockIds]);
      const error = errors.shift();
      return error === undefined ? work("trx") : Promise.reject(error);
    },
    asksAgain: (error) => (error as Error).message === "serialize",
  };
  return { engine, locked };
}

const again = () => new Error("serialize");

Deno.test("decide locks each id once, in one order whatever the caller's", async () => {
  const { engine, locked } = engineOf([]);
  assert.equal(await decide(engine, ["b", "a", "b", "C"], (trx) => Promise.resolve(trx)), "trx");
  assert.deepEqual(locked, [["C", "a", "b"]]);
});

Deno.test("decide tries again while the engine asks for it, five times at most", async () => {
  const few = engineOf([again(), again(), again(), again()]);
  assert.equal(await decide(few.engine, [], () => Promise.resolve(1)), 1);
  assert.equal(few.locked.length, 5);
  const many = engineOf([again(), again(), again(), again(), again()]);
  await assert.rejects(decide(many.engine, [], () => Promise.resolve(1)), /serialize/);
  assert.equal(many.locked.length, 5);
});

Deno.test("decide does not try again after an ordinary error, nor after a commit in doubt", async () => {
  for (const error of [new Error("no"), new CommitInDoubt(again())]) {
    const { engine, locked } = engineOf([error]);
    await assert.rejects(decide(engine, [], () => Promise.resolve(1)), error);
    assert.equal(locked.length, 1);
  }
});

for (const [fault, left] of [["stands", "1"], ["lost", undefined]] as const) {
  Deno.test(`decide says that a commit is in doubt whose error hides that it ${fault}`, async () => {
    const faults = new CommitFaults();
    await using temporary = await openTemporary({ commitFault: faults.seam });
    const { database } = temporary;
    const ways: [name: string, write: (name: string) => Promise<unknown>][] = [
      ["decide", (name) => database.decide(["t"], (trx) => putSetting(trx, name, "1"))],
      ["transaction", (name) => database.transaction((trx) => putSetting(trx, name, "1"))],
      ["kysely", (name) => database.kysely.transaction().execute((trx) => putSetting(trx, name, "1"))],
      ["one statement", (name) => putSetting(database.kysely, name, "1")],
    ];
    for (const [name, write] of ways) {
      const token = await database.changeToken("settings");
      faults.arm(fault);
      await assert.rejects(write(name), (error) => {
        assert.ok(error instanceof CommitInDoubt, name);
        assert.match(String(error.cause), /made to report an error/);
        return true;
      });
      assert.equal(faults.isArmed, false);
      assert.equal(await findSetting(database.kysely, name), left, name);
      assert.notEqual(await database.changeToken("settings"), token, name);
      await putSetting(database.kysely, "next", name);
      assert.equal(await findSetting(database.kysely, "next"), name);
    }
  });
}

Deno.test("decide says that a commit is in doubt which SQLite refuses, and leaves nothing of it", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  const step = {
    volume_id: "v",
    task_id: "nobody",
    position: 0,
    step_name: "s",
    step_status: "pending" as const,
  };
  await assert.rejects(
    database.decide([], async (trx) => {
      // Makes the foreign key a matter of the commit.
      await trx.executeQuery({ ...trx.selectNoFrom([]).compile(), sql: "pragma defer_foreign_keys = on" });
      await putSetting(trx, "a", "1");
      await trx.insertInto("data_pipeline_task_steps")
        .values({ ...step, execution_id: null, started_at: null, completed_at: null, error_message: null })
        .execute();
    }),
    (error) => error instanceof CommitInDoubt && /FOREIGN KEY/.test(error.message),
  );
  assert.equal(await findSetting(database.kysely, "a"), undefined);
  await putSetting(database.kysely, "a", "2");
});

Deno.test("decide ends in the work's own error before the commit, and nothing stands", async () => {
  await using temporary = await openTemporary();
  const { database } = temporary;
  const own = new Error("its own");
  const deciding = database.decide(["t"], async (trx) => {
    await putSetting(trx, "a", "1");
    throw own;
  });
  await assert.rejects(deciding, (error) => error === own);
  assert.equal(await findSetting(database.kysely, "a"), undefined);
});
