import assert from "node:assert/strict";
import { Host } from "./_host.ts";

Deno.test("keys revoke makes the named key invalid, and no other", async () => {
  using host = new Host();
  for (const name of ["a", "b"]) await host.json("keys", "create", "--name", name, "--role", "read");
  assert.deepEqual(await host.json("keys", "revoke", "a"), { name: "a", revoked: true });
  const rows = await host.json("keys", "list");
  assert.deepEqual(rows.map((row: Record<string, unknown>) => [row.name, row.revoked_at !== null]), [
    ["a", true],
    ["b", false],
  ]);
});

Deno.test("keys revoke refuses no name, two and an unknown one, and revokes nothing", async () => {
  using host = new Host();
  for (const name of ["a", "b"]) await host.json("keys", "create", "--name", name, "--role", "read");
  await host.refused(["keys", "revoke"], 2, "NAME");
  await host.refused(["keys", "revoke", "a", "b"], 2, '"b"');
  await host.refused(["keys", "revoke", "c"], 1, '"c"');
});
