/** A rename that was done although it reported an error, as on NFS: what stands where is what counts. */
import assert from "node:assert/strict";
import { call, listTree, V0 } from "../../_harness.ts";
import { startProcess } from "../../_process.ts";
import { canLock, lockDirectory } from "../../_support/locked.ts";
import { assertLike } from "../../_support/scenarios.ts";
import { compileShim, noShims } from "../../_support/shim.ts";

async function withServer(body: (url: string, trainingData: string) => Promise<void>): Promise<void> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep_rename_" }));
  try {
    const trainingData = `${folder}/training_data`;
    Deno.mkdirSync(`${trainingData}/task_a/sub`, { recursive: true });
    Deno.writeTextFileSync(`${trainingData}/task_a/sub/a.txt`, "12345");
    const env = { ...compileShim("lost_rename", folder), LOST_RENAME: "task_a" };
    await using server = await startProcess({ args: [], cwd: folder, env });
    await body(server.url, trainingData);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const REQUEST = { confirm: true, force: true };
const logOf = async (url: string) =>
  (await call(url, "GET", `${V0}/deletions?task_id=task_a`)).body.data.deletions;

Deno.test({
  name: `deletion goes on after a move whose answer was lost${noShims ? ` (${noShims})` : ""}`,
  ignore: noShims !== undefined,
  fn: async () => {
    await withServer(async (url, trainingData) => {
      assert.equal((await call(url, "DELETE", `${V0}/tasks/task_a`, REQUEST)).status, 200);
      assertLike(await logOf(url), [{ outcome: "purged", deleted_size_bytes: 5 }]);
      assert.deepEqual(listTree(trainingData).filter((name) => name.includes("a.txt")), []);
    });
  },
});

Deno.test({
  name: `deletion knows what is back in its place although the answer was lost${
    noShims ? ` (${noShims})` : ""
  }`,
  ignore: noShims !== undefined || Deno.uid() !== 0 || !canLock(),
  fn: async () => {
    await withServer(async (url, trainingData) => {
      using _lock = lockDirectory(`${trainingData}/task_a/sub`);
      assert.equal((await call(url, "DELETE", `${V0}/tasks/task_a`, REQUEST)).status, 403);
      assertLike(await logOf(url), [{ outcome: "failed" }]);
      assert.equal(Deno.readTextFileSync(`${trainingData}/task_a/sub/a.txt`), "12345");
    });
  },
});
