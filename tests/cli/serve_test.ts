import assert from "node:assert/strict";
import { LIBRARIES } from "../../services/training_data/libc.ts";
import { call, exists, V0 } from "../_harness.ts";
import { startProcess } from "../_process.ts";

Deno.test("serve gives the permission for libc back, and the tree Workers go on with what they opened", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_libc_" });
  try {
    const place = `${folder}/training_data/task_a`;
    Deno.mkdirSync(place, { recursive: true });
    const script = `cd "$1" && mkdir "$(printf 'odd_\\377')" && printf 1234567 > "$(printf 'odd_\\377/a')"`;
    assert.ok(new Deno.Command("sh", { args: ["-c", script, "sh", place] }).outputSync().success);
    let errors: Promise<string>;
    {
      await using server = await startProcess({
        args: [],
        cwd: folder,
        entry: { file: "_libc_server.ts", args: [], permissions: [] },
      });
      errors = server.stderr();
      const { status, body } = await call(server.url, "DELETE", `${V0}/tasks/task_a`, {
        confirm: true,
        force: true,
      });
      assert.equal(status, 200, JSON.stringify(body));
      // Only libc can name it.
      assert.deepEqual([body.data.deleted_files_count, body.data.deleted_size_bytes], [1, 7]);
      assert.ok(!exists(place));
      server.kill("SIGTERM");
      assert.equal((await server.status).code, 0);
    }
    const probes = (await errors).match(/(worker )?(probe: \w+|opened)/g);
    assert.deepEqual(probes, [...LIBRARIES.map(() => "probe: NotCapable"), "worker probe: NotCapable"]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("serve says so where libc is not to be had, and works all the same", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_libc_" });
  try {
    Deno.mkdirSync(`${folder}/training_data/task_a/sub`, { recursive: true });
    let errors: Promise<string>;
    {
      await using server = await startProcess({ args: [], cwd: folder, allows_ffi: false });
      errors = server.stderr();
      const { status } = await call(server.url, "DELETE", `${V0}/tasks/task_a`, {
        confirm: true,
        force: true,
      });
      assert.equal(status, 200);
      server.kill("SIGTERM");
      assert.equal((await server.status).code, 0);
    }
    assert.match(await errors, /directories are walked without libc.*Requires ffi access/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
