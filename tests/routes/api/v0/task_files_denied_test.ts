/** Files of tasks where the file system, or the state of training_data, says no. */
import assert from "node:assert/strict";
import { boot, call, listTree, V0 } from "../../../_harness.ts";
import { startProcess } from "../../../_process.ts";
import { assertRefusals, register } from "../../../_support/scenarios.ts";

/** Executes the rest without root's right to ignore modes. */
const BOUND_BY_MODES = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-all"] : [];
const TASK = `${V0}/tasks/task_a`;

Deno.test({
  name: "files, downloads and logs say what they have no permission to read",
  ignore: Deno.build.os !== "linux",
  fn: async (t) => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_denied_" });
    const place = `${folder}/training_data/task_a`;
    try {
      for (const path of ["closed/in", "entered/sub/in"]) {
        Deno.mkdirSync(`${place}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
        Deno.writeTextFileSync(`${place}/${path}`, "x");
      }
      for (const name of ["a.txt", "data_pipeline.log"]) {
        Deno.writeTextFileSync(`${place}/${name}`, "x", { mode: 0o000 });
      }
      await using server = await startProcess({ args: [], cwd: folder, wrap: BOUND_BY_MODES });
      Deno.chmodSync(`${place}/closed`, 0o000);
      // May be listed, but nothing in it looked at.
      Deno.chmodSync(`${place}/entered`, 0o400);
      const before = listTree(place);
      const refused: [path: string, message: string][] = [
        ["files/a.txt", "没有读取权限: a.txt"],
        ["files/closed/in", "没有读取权限: closed/in"],
        ["files/entered/sub/in", "没有读取权限: entered/sub/in"],
        ["logs", "没有读取权限: data_pipeline.log"],
      ];
      for (const [path, message] of refused) {
        await t.step(path, async () => {
          const { status, body } = await call(server.url, "GET", `${TASK}/${path}`);
          assert.deepEqual([status, body.message], [403, message]);
        });
      }
      await t.step("the list shows which directories it does not show, on every page size", async () => {
        for (const limit of [1, 2, 100]) {
          const found: string[] = [];
          let cursor = "";
          do {
            const { body } = await call(server.url, "GET", `${TASK}/files?limit=${limit}${cursor}`);
            // deno-lint-ignore no-explicit-any
            found.push(...body.data.files.map((file: any) => `${file.path} ${file.kind}`));
            cursor = body.data.next_cursor === null ? "" : `&cursor=${body.data.next_cursor}`;
          } while (cursor !== "");
          assert.deepEqual(found, [
            "a.txt file",
            "closed unreadable_directory",
            "data_pipeline.log file",
            "entered/sub unreadable_directory",
          ]);
        }
      });
      await t.step("the task's own directory", async () => {
        Deno.chmodSync(place, 0o000);
        for (const path of ["files", "files/a.txt", "logs"]) {
          assert.equal((await call(server.url, "GET", `${TASK}/${path}`)).status, 403);
        }
        Deno.chmodSync(place, 0o755);
      });
      assert.deepEqual(listTree(place), before);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test("files, downloads and logs answer 503 while another directory stands in training_data's place", async (t) => {
  await using harness = await boot();
  await register(harness, "task_a");
  harness.fill("task_a", { "a.txt": "x" });
  Deno.renameSync(harness.trainingData, `${harness.folder}/moved`);
  harness.fill("task_a", { "a.txt": "another" });
  await assertRefusals(
    t,
    harness,
    ["files", "files/a.txt", "logs"].map((path) => ({
      name: path,
      method: "GET",
      path: `${TASK}/${path}`,
      status: 503,
      answer: { success: false, code: 503, message: "training_data不可用" },
    })),
  );
  Deno.removeSync(harness.trainingData, { recursive: true });
  Deno.renameSync(`${harness.folder}/moved`, harness.trainingData);
});

Deno.test("a hard link is a regular file, wherever its other names are", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  Deno.writeTextFileSync(`${harness.folder}/outside`, "shared");
  Deno.linkSync(`${harness.folder}/outside`, `${harness.trainingData}/task_a/inside`);
  const response = await fetch(`${harness.url}${TASK}/files/inside`);
  assert.deepEqual([response.status, await response.text()], [200, "shared"]);
});
