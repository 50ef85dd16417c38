import assert from "node:assert/strict";
import { Host } from "./_host.ts";

Deno.test("projects list shows the default project and those that were made", async () => {
  using host = new Host();
  const made = await host.json("projects", "create", "--name", "research");
  const rows = await host.json("projects", "list");
  assert.deepEqual(rows.map((row: Record<string, unknown>) => [row.id, row.name]), [[1, "default"], [
    2,
    "research",
  ]]);
  assert.equal(rows[1].project_key, made.project_key);
  const { stdout } = await host.run("projects", "list");
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0]!, /^ID {2}NAME +PROJECT KEY +CREATED$/);
  assert.match(lines[2]!, /^2 {3}research {2}\w{20} {2}\d{4}-\S+$/);
});
