import assert from "node:assert/strict";
import { Host } from "./_host.ts";

Deno.test("keys list shows every key with its role and times, as a table or JSON", async () => {
  using host = new Host();
  assert.deepEqual(await host.json("keys", "list"), []);
  await host.json("keys", "create", "--name", "夜间", "--role", "write");
  await host.json("keys", "create", "--name", "old", "--role", "read");
  await host.json("keys", "revoke", "old");
  const rows = await host.json("keys", "list");
  assert.deepEqual(
    rows.map((row: Record<string, unknown>) => [row.name, row.role, row.revoked_at !== null]),
    [
      ["夜间", "write", false],
      ["old", "read", true],
    ],
  );
  const { stdout } = await host.run("keys", "list");
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0]!, /^NAME {2}ROLE {3}CREATED +REVOKED$/);
  assert.match(lines[1]!, /^夜间 {2}write {2}\d{4}-\d\d-\d\dT\S+$/);
  assert.match(lines[2]!, /^old {3}read {3}\d{4}-\S+ {2}\d{4}-\S+$/);
});

Deno.test("keys list works on the database that a flag or the environment names", async () => {
  using host = new Host();
  await host.json("keys", "create", "--name", "a", "--role", "read", "--database", "other.db");
  assert.equal((await host.json("keys", "list", "--database=other.db")).length, 1);
  assert.equal((await host.json("keys", "list")).length, 0);
  await host.refused(["keys", "list", "--database", "nowhere/x.db"], 1, "database nowhere/x.db");
  await host.refused(["keys", "list", "--database", "postgres://x"], 2, "--database", "SQLite");
});
