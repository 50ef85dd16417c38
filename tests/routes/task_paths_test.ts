import assert from "node:assert/strict";
import { boot, exists, listTree, V0 } from "../_harness.ts";
import { rawRequest } from "../_support/raw_http.ts";
import { assertLike, register, stateOf } from "../_support/scenarios.ts";

/** What comes after `/tasks/`, as its bytes stand in the request, and whether it names a segment that is no id. */
const NO_IDS = [
  "..%2f",
  "..%2foutside",
  "%2e%2e%2foutside",
  "%2E%2E%2Foutside",
  "..%5coutside",
  "kept%2f..%2f..%2foutside",
  "kept%2f",
  "%2fetc%2fpasswd",
  "%252e%252e",
  "%252e%252e%252foutside",
  "kept%00",
  "%00",
  "kept%00.txt",
  "kept%0a",
  "kept%20",
  "%20kept",
  "a".repeat(65),
  "a".repeat(5000),
  "%E4%BB%BB%E5%8A%A1",
  "%EF%BC%8E%EF%BC%8E",
  "%c0%ae%c0%ae",
  "%ff",
  "%",
  "%zz",
  "%u002e",
  "-rf",
  ".hidden",
  ".pipekeep-trash",
  "...",
  "~",
  "*",
  "kept;x=1",
  "kept:stream",
  "C:",
];

/** These are gone once a client or the server has tidied up the path: other paths, or none. */
const DOTS = [
  ".",
  "..",
  "%2e",
  "%2e%2e",
  "%2E%2e",
  ".%2e",
  "./",
  "../",
  "/",
  "//",
  "../outside",
  "../../outside",
  "kept/..",
  "kept/../../../../../outside",
  "kept/%2e%2e",
  "kept/",
  "kept//",
  "\\..\\outside",
  "..\\outside",
];

Deno.test("DELETE /tasks/{task_id} refuses what is no id, whatever way it is written", async (t) => {
  await using harness = await boot();
  await register(harness, "kept");
  harness.fill("kept", { "file": "x" });
  Deno.mkdirSync(`${harness.folder}/outside`);
  Deno.writeTextFileSync(`${harness.folder}/outside/file`, "x");
  const before = [await stateOf(harness), listTree(`${harness.folder}/outside`)];
  const body = JSON.stringify({ confirm: true, force: true, delete_database_records: true });
  for (const path of ["", ...NO_IDS]) {
    await t.step(JSON.stringify(path.slice(0, 70)), async () => {
      const { status, text } = await rawRequest(harness.url, "DELETE", `${V0}/tasks/${path}`, body);
      assert.equal(status, 400, text);
      assertLike(JSON.parse(text), { success: false, code: 400, message: /^无效的任务ID: / });
      assert.ok(text.length < 2000);
    });
  }
  for (const path of DOTS) {
    await t.step(`dots: ${JSON.stringify(path)}`, async () => {
      const { status, text } = await rawRequest(harness.url, "DELETE", `${V0}/tasks/${path}`, body);
      assert.ok([400, 404, 405].includes(status), `${status} ${text}`);
    });
  }
  assert.deepEqual([await stateOf(harness), listTree(`${harness.folder}/outside`)], before);
});

Deno.test("GET, PATCH /tasks/{task_id} and its steps refuse what is no id", async (t) => {
  await using harness = await boot();
  await register(harness, "kept");
  const before = await harness.snapshot();
  const requests: [string, string, string][] = [
    ["GET", "", ""],
    ["PATCH", "", '{"status": "running"}'],
    ["PATCH", "/steps/qa_generation", '{"step_status": "running"}'],
  ];
  for (const [method, below, body] of requests) {
    for (const path of NO_IDS) {
      await t.step(`${method} ${JSON.stringify(path.slice(0, 70))}${below}`, async () => {
        const { status, text } = await rawRequest(harness.url, method, `${V0}/tasks/${path}${below}`, body);
        assert.equal(status, 400, text);
        assertLike(JSON.parse(text), { success: false, code: 400, message: /^无效的任务ID: / });
      });
    }
  }
  assert.deepEqual(await harness.snapshot(), before);
});

Deno.test("DELETE /tasks/{task_id} understands an id that is percent-encoded without need", async () => {
  await using harness = await boot();
  await register(harness, "a_1.b-c");
  const path = `${V0}/tasks/%61%5f1%2eb%2dc`;
  const { status } = await rawRequest(harness.url, "DELETE", path, '{"confirm": true}');
  assert.equal(status, 200);
  assert.equal(exists(`${harness.trainingData}/a_1.b-c`), false);
});

Deno.test("A step's name may be any text, percent-encoded", async () => {
  await using harness = await boot();
  const steps = ["a/b", "..", "数据 准备", "100%", "a?b#c"];
  await harness.call("POST", `${V0}/tasks`, { task_id: "t", steps });
  for (const step of steps.filter((step) => step !== "..")) {
    const path = `${V0}/tasks/t/steps/${encodeURIComponent(step)}`;
    const { status, body } = await harness.call("PATCH", path, { step_status: "completed" });
    assert.equal(status, 200, step);
    assert.equal(
      body.data.steps.find((s: { step_name: string }) => s.step_name === step).step_status,
      "completed",
    );
  }
});
