import assert from "node:assert/strict";
import { ApiKeys } from "../../../services/access/api_keys.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { openTemporary } from "../../_support/database.ts";

async function open() {
  const faults = new CommitFaults();
  const temporary = await openTemporary({ commitFault: faults.seam });
  const clock = { now: 1000 };
  const dependencies = { database: temporary.database, clock: () => clock.now++ };
  return {
    faults,
    keys: new ApiKeys(dependencies),
    /** Another process, which remembers keys of its own. */
    elsewhere: new ApiKeys(dependencies),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

Deno.test("ApiKeys makes a key that is shown once, is found by its words alone, and is kept as a hash", async () => {
  await using store = await open();
  const { api_key, ...shown } = await store.keys.create("deploy", "admin");
  assert.deepEqual(shown, { name: "deploy", role: "admin" });
  assert.match(api_key, /^pk_[0-9a-f]{12}_[0-9a-f]{48}$/);
  const found = await store.keys.find(api_key);
  assert.deepEqual([found?.name, found?.role, found?.created_at, found?.revoked_at], [
    "deploy",
    "admin",
    1000,
    null,
  ]);
  assert.ok(!JSON.stringify(await store.keys.list()).includes(api_key.split("_")[2]!));
  const wrong = api_key.slice(0, -1) + (api_key.endsWith("0") ? "1" : "0");
  for (const words of [wrong, "", "pk_", api_key.toUpperCase(), `${api_key} `, shown.name]) {
    assert.equal(await store.keys.find(words), undefined, JSON.stringify(words));
  }
});

Deno.test("ApiKeys refuses names that are taken or not allowed, and makes nothing", async () => {
  await using store = await open();
  await store.keys.create("taken", "read");
  const before = await store.keys.list();
  await assert.rejects(store.keys.create("taken", "admin"), { code: "key_exists", message: /"taken"/ });
  for (const name of ["", " a", "a\n", "a".repeat(65), "-a", "a/b"]) {
    await assert.rejects(store.keys.create(name, "read"), {
      code: "invalid_input",
      message: `--name is ${JSON.stringify(name)}, but must be 1 to 64 letters, digits, spaces or . _ @ -`,
    });
  }
  await assert.rejects(store.keys.revoke("nobody"), { code: "key_not_found", message: /"nobody"/ });
  assert.deepEqual(await store.keys.list(), before);
});

Deno.test("ApiKeys finds a revoked key no more, whoever revoked it, and gives its name to another", async () => {
  await using store = await open();
  assert.equal(await store.elsewhere.wereMade(), false);
  const { api_key } = await store.keys.create("a", "read");
  assert.notEqual(await store.elsewhere.find(api_key), undefined);
  await store.keys.revoke("a");
  assert.equal(await store.elsewhere.find(api_key), undefined);
  assert.equal(await store.elsewhere.wereMade(), true, "strangers stay outside");
  const second = await store.keys.create("a", "write");
  assert.equal((await store.elsewhere.find(second.api_key))?.role, "write");
  assert.deepEqual((await store.keys.list()).map((key) => key.role), ["read", "write"]);
});

Deno.test("ApiKeys tells the truth of a commit that reports an error", async (t) => {
  await t.step("a key that stands is shown", async () => {
    await using store = await open();
    store.faults.arm("stands");
    const { api_key } = await store.keys.create("a", "read");
    assert.equal(store.faults.isArmed, false);
    assert.equal((await store.keys.find(api_key))?.name, "a");
  });
  await t.step("a key that is lost is not", async () => {
    await using store = await open();
    store.faults.arm("lost");
    await assert.rejects(store.keys.create("a", "read"), { code: "storage_failed" });
    assert.deepEqual(await store.keys.list(), []);
  });
  await t.step("a revocation that stands is one", async () => {
    await using store = await open();
    const { api_key } = await store.keys.create("a", "read");
    store.faults.arm("stands");
    await store.keys.revoke("a");
    assert.equal(await store.keys.find(api_key), undefined);
  });
  await t.step("a revocation that is lost is an error, and the key is valid", async () => {
    await using store = await open();
    const { api_key } = await store.keys.create("a", "read");
    store.faults.arm("lost");
    await assert.rejects(store.keys.revoke("a"), { code: "storage_failed" });
    assert.equal((await store.keys.find(api_key))?.name, "a");
  });
});
