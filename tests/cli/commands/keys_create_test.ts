import assert from "node:assert/strict";
import { Host } from "./_host.ts";

Deno.test("keys create prints the key once, and keeps nothing that it could be made from", async () => {
  using host = new Host();
  const made = await host.json("keys", "create", "--name", "nightly run", "--role", "write");
  assert.deepEqual(Object.keys(made), ["name", "role", "api_key"]);
  assert.match(made.api_key, /^pk_[0-9a-f]{12}_[0-9a-f]{48}$/);
  assert.ok(!JSON.stringify(host.rows()).includes(made.api_key.split("_")[2]));
  const { code, stdout } = await host.run("keys", "create", "--role=admin", "--name=other");
  assert.equal(code, 0);
  assert.match(stdout, /^pk_[0-9a-f]{12}_[0-9a-f]{48}\n\nThis is the only time it is shown\. .*\n$/);
});

Deno.test("keys create refuses what is missing, wrong or there already, and makes nothing", async () => {
  using host = new Host();
  await host.refused(["keys", "create", "--name", "a"], 2, "--role", "read, write, admin");
  await host.refused(["keys", "create", "--role", "read"], 2, "--name");
  await host.refused(["keys", "create", "--name", "a", "--role", "root"], 2, "--role", '"root"');
  assert.equal(host.rows(), undefined, "not even a database");
  await host.json("keys", "create", "--name", "a", "--role", "read");
  await host.refused(["keys", "create", "--name", "a", "--role", "admin"], 1, '"a"');
  await host.refused(["keys", "create", "--name", "a\nb", "--role", "admin"], 2, "--name", "letters");
});
