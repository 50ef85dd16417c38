import assert from "node:assert/strict";
import { Host } from "./_host.ts";

Deno.test("projects create prints the project's key", async () => {
  using host = new Host();
  const made = await host.json("projects", "create", "--name", "research");
  assert.deepEqual(Object.keys(made), ["id", "name", "project_key"]);
  const { stdout } = await host.run("projects", "create", "--name", "other");
  assert.match(stdout, /^project 3 other: \w{20}\n$/);
});

Deno.test("projects create refuses a missing, wrong or taken name, and makes nothing", async () => {
  using host = new Host();
  await host.refused(["projects", "create"], 2, "--name");
  assert.equal(host.rows(), undefined, "not even a database");
  await host.json("projects", "create", "--name", "a");
  await host.refused(["projects", "create", "--name", "a"], 1, '"a"');
  await host.refused(["projects", "create", "--name", ""], 2, "--name");
});
