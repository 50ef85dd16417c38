/** training_data belongs to another user than the program's, who exchanges what the program is about to remove. */
import assert from "node:assert/strict";
import { call, listTree, V0 } from "../../_harness.ts";
import { startProcess } from "../../_process.ts";

const ATTACK = new URL("../../_support/exchange_trash.py", import.meta.url).pathname;
const NOBODY = 65534;
/** The attacker ends by itself after so many seconds. */
const ATTACK_SECONDS = 60;
const TASKS = 60;

Deno.test({
  name: "deletion removes nothing outside while the owner of training_data exchanges trash and entries",
  // Only root can work in the directory of another user against that user's will.
  ignore: Deno.uid() !== 0,
  fn: async () => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_hostile_" });
    try {
      Deno.chmodSync(folder, 0o755);
      const trainingData = `${folder}/training_data`;
      const canary = `${folder}/only_root`;
      const ids = Array.from({ length: TASKS }, (_, i) => `task_${i}`);
      for (const place of [canary, ...ids.map((id) => `${trainingData}/${id}`)]) {
        for (let sub = 0; sub < 8; sub++) {
          Deno.mkdirSync(`${place}/sub_${sub}`, { recursive: true });
          Deno.writeTextFileSync(`${place}/sub_${sub}/file`, "precious");
        }
      }
      Deno.chmodSync(canary, 0o700);
      await new Deno.Command("chown", { args: ["-R", String(NOBODY), trainingData] }).output();
      const before = listTree(canary);
      await using server = await startProcess({ args: [], cwd: folder });
      const attacker = new Deno.Command("python3", {
        args: [ATTACK, trainingData, canary, String(ATTACK_SECONDS), String(NOBODY)],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = attacker.stdout.getReader();
      const { value } = await reader.read();
      assert.match(new TextDecoder().decode(value), /^begun/);
      const answers = new Set<number>();
      for (const id of ids) {
        const { status } = await call(server.url, "DELETE", `${V0}/tasks/${id}`, {
          confirm: true,
          force: true,
        });
        answers.add(status);
      }
      try {
        attacker.kill("SIGKILL");
      } catch { /* it has ended already */ }
      await attacker.status;
      await reader.cancel();
      assert.deepEqual(listTree(canary), before, `answers: ${[...answers]}`);
      assert.equal((await call(server.url, "GET", "/healthz")).status, 200);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test("a start refuses a trash that is not this program's own", async (t) => {
  const cases: [name: string, make: (trash: string) => void, message: RegExp][] = [
    ["a link", (trash) => Deno.symlinkSync("..", trash), /is not a directory/],
    ["a file", (trash) => Deno.writeTextFileSync(trash, ""), /is not a directory/],
    ["open to others", (trash) => {
      Deno.mkdirSync(trash);
      Deno.chmodSync(trash, 0o755);
    }, /is open to others \(mode 0755\); chmod 0700 it/],
    ...(Deno.uid() === 0
      ? [["another user's", (trash: string) => {
        Deno.mkdirSync(trash, { mode: 0o700 });
        Deno.chownSync(trash, NOBODY, NOBODY);
      }, /belongs to user 65534, while this program is user 0/] as [string, (trash: string) => void, RegExp]]
      : []),
  ];
  for (const [name, make, message] of cases) {
    await t.step(name, async () => {
      const folder = Deno.makeTempDirSync({ prefix: "pipekeep_trash_" });
      try {
        Deno.mkdirSync(`${folder}/training_data/task_a`, { recursive: true });
        make(`${folder}/training_data/.pipekeep-trash`);
        const { createApp } = await import("../../../services/app.ts");
        await assert.rejects(
          createApp({
            training_data: `${folder}/training_data`,
            database: `${folder}/pipekeep.db`,
            trash_retention_ms: 0,
            delete_concurrency: 1,
          }),
          message,
        );
        assert.ok(Deno.lstatSync(`${folder}/training_data/task_a`).isDirectory);
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    });
  }
});
