import assert from "node:assert/strict";
import metadata from "../../../deno.json" with { type: "json" };
import { Host } from "./_host.ts";

Deno.test("version prints the version and that of the runtime, and makes no files", async () => {
  using host = new Host();
  for (const word of ["version", "--version"]) {
    const { code, stdout } = await host.run(word);
    assert.equal(code, 0);
    assert.equal(stdout, `pipekeep ${metadata.version} (deno ${Deno.version.deno})\n`);
  }
  assert.deepEqual([...Deno.readDirSync(host.folder)], []);
});
