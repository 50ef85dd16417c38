import assert from "node:assert/strict";
import { migrate } from "../../../../db/migrations.ts";
import { openDatabase } from "../../../../db/dialects/sqlite/sqlite.ts";
import { findSetting, putSetting } from "../../../../db/queries/settings.ts";
import { holdLock, openElsewhere, openTemporary } from "../../../_support/database.ts";

const modeOf = (path: string) => Deno.lstatSync(path).mode! & 0o777;

Deno.test("openDatabase makes files that only their owner reads", async () => {
  await using temporary = await openTemporary();
  for (const suffix of ["", "-wal", "-shm"]) assert.equal(modeOf(temporary.path + suffix), 0o600, suffix);
});

Deno.test("openDatabase leaves the mode of a file that is there as it is", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  try {
    Deno.writeTextFileSync(path, "");
    Deno.chmodSync(path, 0o640);
    const database = openDatabase(path);
    await migrate(database);
    for (const suffix of ["", "-wal", "-shm"]) assert.equal(modeOf(path + suffix), 0o640, suffix);
    await database.close();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("openDatabase throws where it cannot make the file, and makes nothing", () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  assert.throws(() => openDatabase(`${folder}/missing/pipekeep.db`), Deno.errors.NotFound);
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  Deno.removeSync(folder);
});

Deno.test("openDatabase throws on what is no database, and leaves it as it is", () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  const text = "not a database ".repeat(500);
  Deno.writeTextFileSync(path, text);
  assert.throws(() => openDatabase(path), /not a database/);
  assert.equal(Deno.readTextFileSync(path), text);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("close gives everybody an error who still waits to write, and writes nothing of theirs", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/pipekeep.db`;
  const database = openDatabase(path);
  await migrate(database);
  const lock = holdLock(path);
  const started = performance.now();
  const writes = Promise.allSettled(["a", "b"].map((name) => putSetting(database.kysely, name, "1")));
  await findSetting(database.kysely, "a");
  await database.close();
  for (const { status } of await writes) assert.equal(status, "rejected");
  assert.ok(performance.now() - started < 4000);
  lock[Symbol.dispose]();
  using elsewhere = openElsewhere(path);
  assert.deepEqual(elsewhere.prepare("SELECT * FROM settings").all(), []);
  Deno.removeSync(folder, { recursive: true });
});
