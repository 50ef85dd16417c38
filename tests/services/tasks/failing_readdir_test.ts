/** A disk whose directories cannot be read to their end: the runtime's iterator stops there, and tells nobody. */
import assert from "node:assert/strict";
import { call, exists, V0 } from "../../_harness.ts";
import { startProcess } from "../../_process.ts";
import { compileShim, noShims } from "../../_support/shim.ts";

const TASKS = 40;

for (
  const [directory, after] of [["training_data", 3], ["training_data", 0], [
    "training_data/.pipekeep-trash",
    0,
  ]] as const
) {
  Deno.test({
    name: `nothing is marked when reading ${directory} fails after ${after} entries${
      noShims ? ` (${noShims})` : ""
    }`,
    ignore: noShims !== undefined,
    async fn() {
      const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep_readdir_" }));
      const env = {
        ...(compileShim("failing_readdir", folder)),
        FAILING_DIRECTORY: `${folder}/${directory}`,
        FAILING_AFTER: String(after),
      };
      try {
        for (let i = 0; i < TASKS; i++) {
          Deno.mkdirSync(`${folder}/training_data/task_${i}`, { recursive: true });
        }
        const tasks = async (url: string) => (await call(url, "GET", `${V0}/tasks?limit=1000`)).body.data;
        let before: { total: number };
        {
          await using server = await startProcess({ args: [], cwd: folder });
          before = await tasks(server.url);
          assert.equal(before.total, TASKS);
          server.kill("SIGTERM");
          await server.status;
        }
        // One that is gone indeed, and nobody saw it go.
        Deno.removeSync(`${folder}/training_data/task_39`);
        const markers = () =>
          [...Deno.readDirSync(`${folder}/training_data/.pipekeep-trash`)].map((entry) => entry.name);
        const markersBefore = markers();
        await using server = await startProcess({ args: [], cwd: folder, env });
        assert.equal((await call(server.url, "GET", "/healthz")).body.status, "ok");
        const check = async () => {
          const { tasks: now } = await tasks(server.url);
          const gone = now.filter((task: { directory_exists: boolean }) => !task.directory_exists);
          assert.deepEqual(gone.map((task: { task_id: string }) => task.task_id), ["task_39"]);
        };
        await check();
        const { body } = await call(server.url, "POST", `${V0}/reconcile`, {});
        assert.equal(body.data.vanished, 0);
        await check();
        assert.deepEqual(markers(), markersBefore);
        const deletion = await call(server.url, "DELETE", `${V0}/tasks/task_0`, {
          confirm: true,
          force: true,
        });
        assert.equal(deletion.status, 200);
        assert.ok(!exists(`${folder}/training_data/task_0`));
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    },
  });
}
