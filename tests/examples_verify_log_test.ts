/** examples/verify_log.py, against a real server's database: Python and Pipekeep make the same hashes. */
import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "./_harness.ts";
import { noPython } from "./_support/documents.ts";
import { register } from "./_support/scenarios.ts";
import { withStore } from "./_support/store.ts";

const SCRIPT = new URL("../examples/verify_log.py", import.meta.url).pathname;

async function verify(harness: Harness) {
  const { code, stdout, stderr } = await new Deno.Command("python3", {
    args: [SCRIPT, `${harness.folder}/pipekeep.db`],
    env: { PYTHONIOENCODING: "utf-8" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Ends of every kind, and texts of every kind. */
async function fill(harness: Harness): Promise<void> {
  await register(harness, "a", "b", "runs");
  harness.fill("a", { "x": "1", "y/z": "22" });
  await harness.call("PATCH", `${V0}/tasks/runs`, { status: "running" });
  const options = { confirm: true, task_ids: ["a", "b", "runs", "nowhere"] };
  await harness.call("DELETE", `${V0}/tasks`, options, { "x-request-id": "the-request" });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  const who = Array.from({ length: 0xa1 }, (_, i) => String.fromCharCode(i)).slice(1).join("");
  const texts = [who, '李娜 "它\'s" \\ 😀', "\u2028\u2029\u00ad\ufeff\uffff", "</script>"];
  for (const text of texts) {
    await harness.app.deletion.delete(
      ["nowhere"],
      { delete_database_records: false, force: true, continue_on_error: true },
      { who: text, request_id: "r", job_id: 2 ** 40 },
    );
  }
}

Deno.test({
  name: "verify_log.py computes every hash as Pipekeep does, and names what does not fit",
  ignore: noPython,
  fn: async () => {
    await using harness = await boot();
    await fill(harness);
    const { checked, end } = await harness.app.verifyLog();
    assert.equal(checked, 9);
    assert.deepEqual(await verify(harness), {
      code: 0,
      stdout: `9 entries fit; the last hash is ${end.hash}\n`,
      stderr: "",
    });
    const tamper = (statement: string) =>
      withStore(harness, (store) => {
        store.exec(
          "DROP TRIGGER IF EXISTS deletions_sealed_update; DROP TRIGGER IF EXISTS deletions_sealed_delete",
        );
        store.exec(statement);
      });
    tamper("DELETE FROM deletions WHERE sequence = 9");
    const cut = await verify(harness);
    assert.deepEqual([cut.code, cut.stdout], [1, ""]);
    assert.match(cut.stderr, /^the chain goes to 9, .*; its rows to 8, /);
    tamper("UPDATE deletions SET duration_ms = duration_ms + 1 WHERE sequence = 4");
    assert.match((await verify(harness)).stderr, /^place 4 does not fit; what stands there is deletion /);
    tamper("DELETE FROM deletions WHERE sequence = 2");
    assert.match((await verify(harness)).stderr, /^place 2 does not fit/);
  },
});
