/** Calls of the file system that fail where they cannot be made to fail for real: the answer is true, and nothing is stuck. */
import assert from "node:assert/strict";
import { boot, exists, V0 } from "../../_harness.ts";
import { assertLike, register } from "../../_support/scenarios.ts";

function eio(): never {
  throw Object.assign(new Error("Input/output error (os error 5)"), { code: "EIO" });
}

/** Makes `lstat` of paths that `fails` names fail while `body` runs. */
async function withFailingLstat(fails: (path: string) => boolean, body: () => Promise<void>): Promise<void> {
  const original = Deno.lstatSync;
  Deno.lstatSync = (path) => fails(String(path)) ? eio() : original(path);
  try {
    await body();
  } finally {
    Deno.lstatSync = original;
  }
}

Deno.test("a deletion that cannot be synced is undone, and the task can be deleted afterwards", async () => {
  await using harness = await boot();
  await register(harness, "task_a", "task_b");
  harness.fill("task_a", { "a.txt": "12345" });
  const original = Deno.FsFile.prototype.sync;
  Deno.FsFile.prototype.sync = () => Promise.reject(new Error("Input/output error (os error 5)"));
  try {
    const { status } = await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
    assert.equal(status, 500);
  } finally {
    Deno.FsFile.prototype.sync = original;
  }
  assert.equal(Deno.readTextFileSync(`${harness.trainingData}/task_a/a.txt`), "12345");
  assertLike((await harness.call("GET", `${V0}/deletions`)).body.data.deletions, [{ outcome: "released" }]);
  const { status } = await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
  assert.equal(status, 200);
});

Deno.test("a place that cannot be looked at costs no other task its answer", async () => {
  await using harness = await boot();
  await register(harness, "task_a", "task_b", "task_c");
  await withFailingLstat((path) => path.endsWith("/training_data/task_b"), async () => {
    const { status, body } = await harness.call("DELETE", `${V0}/tasks`, {
      task_ids: ["task_a", "task_b", "task_c"],
      confirm: true,
    });
    assert.equal(status, 200);
    assertLike(body.data, {
      deleted_tasks: [{ task_id: "task_a" }, { task_id: "task_c" }],
      failed_tasks: [{ task_id: "task_b", error_code: "INTERNAL_ERROR" }],
    });
  });
  assert.ok(exists(`${harness.trainingData}/task_b`));
});

Deno.test("a directory that was moved and cannot be looked at is deleted or put back, never called failed and gone", async () => {
  await using harness = await boot();
  await register(harness, "task_a", "task_b");
  harness.fill("task_a", { "a.txt": "12345" });
  const looked = new Map<string, number>();
  const failsAfterRename = (path: string) => {
    if (!/\/\.pipekeep-trash\/\w+-\w+$/.test(path)) return false;
    looked.set(path, (looked.get(path) ?? 0) + 1);
    return looked.get(path) === 2;
  };
  await withFailingLstat(failsAfterRename, async () => {
    const { body } = await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["task_a"], confirm: true });
    const [failure] = body.data.failed_tasks;
    const isInPlace = exists(`${harness.trainingData}/task_a/a.txt`);
    assert.equal(isInPlace, failure !== undefined && failure.error_code !== "PURGE_INCOMPLETE");
  });
  const { body } = await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["task_a"], confirm: true });
  assertLike(body, { success: true, message: "任务目录删除成功" });
});

Deno.test("GET /healthz says so when training_data or its trash was replaced while the server runs", async (t) => {
  for (const replaced of ["training_data", "training_data/.pipekeep-trash"]) {
    await t.step(replaced, async () => {
      await using harness = await boot();
      await register(harness, "task_a");
      assertLike((await harness.call("GET", "/healthz")).body, { status: "ok", training_data: "ok" });
      const path = `${harness.folder}/${replaced}`;
      Deno.renameSync(path, `${harness.folder}/aside`);
      Deno.mkdirSync(path, { mode: 0o700 });
      const { status, body } = await harness.call("GET", "/healthz");
      assert.equal(status, 200);
      assertLike(body, { status: "degraded", training_data: /not the directory it was at the start/ });
      const refused = await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
      assert.equal(refused.status, 503);
      assert.ok(!JSON.stringify([body, refused.body]).includes(harness.folder));
    });
  }
});
