/** That one server works on a database at a time, and that the commands on the host work beside it. */
import assert from "node:assert/strict";
import { call, exists, V0 } from "../_harness.ts";
import { runProcess, startProcess } from "../_process.ts";

Deno.test("serve refuses a database that another server runs on, with another training_data and by another name", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_one_" });
  try {
    Deno.mkdirSync(`${folder}/first/task_a`, { recursive: true });
    Deno.mkdirSync(`${folder}/second/task_b`, { recursive: true });
    const args = (data: string, database: string) => ["--training-data", data, "--database", database];
    const server = await startProcess({ args: args("first", "pipekeep.db"), cwd: folder });
    await using _ = server;
    const tasks = async () => (await call(server.url, "GET", `${V0}/tasks`)).body;
    const before = await tasks();
    Deno.symlinkSync("pipekeep.db", `${folder}/link.db`);
    for (const database of ["pipekeep.db", "link.db", "./pipekeep.db"]) {
      const { code, stdout, stderr } = await runProcess({
        args: ["serve", "--port", "0", ...args("second", database)],
        cwd: folder,
      });
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(
        stderr,
        /^pipekeep: database \S+ is unusable: another pipekeep server is running on it\n$/,
      );
    }
    assert.deepEqual(await tasks(), before);
    assert.ok(!exists(`${folder}/second/.pipekeep-trash`));
    const keys = await runProcess({
      args: ["keys", "create", "--name", "k", "--role", "admin", "--database", "pipekeep.db"],
      cwd: folder,
    });
    assert.equal(keys.code, 0, keys.stderr);
    // The lock goes with the process, however that ends.
    server.kill("SIGKILL");
    await server.status;
    await using next = await startProcess({ args: args("first", "pipekeep.db"), cwd: folder });
    assert.equal((await fetch(`${next.url}/healthz`).then((answer) => answer.json())).status, "ok");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
