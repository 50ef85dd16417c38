/** The clients of examples/, against a real server. */
import assert from "node:assert/strict";
import { boot, type Harness, until } from "./_harness.ts";
import { create, detail, rows, V1 } from "./_support/background.ts";
import { assertLike } from "./_support/scenarios.ts";

const EXAMPLES = new URL("../examples/", import.meta.url).pathname;

/** Program and words before the task types; `seconds`: how long a step takes. */
const WORKERS: Record<string, (seconds: number) => { command: string[]; env?: Record<string, string> }> = {
  "worker.sh": (seconds) => ({
    command: ["/bin/sh", `${EXAMPLES}worker.sh`, "--once"],
    env: { STEP_SECONDS: String(seconds) },
  }),
  "worker.py": (seconds) => ({
    command: ["python3", `${EXAMPLES}worker.py`, "--once", "--step-seconds", String(seconds)],
  }),
};

interface RunOptions {
  seconds?: number;
  types?: string[];
  api_key?: string;
}

/** Starts a worker that ends when there is nothing to do. */
function start(harness: Harness, name: string, { seconds = 0.01, types = [], api_key }: RunOptions = {}) {
  const { command: [program, ...words], env } = WORKERS[name]!(seconds);
  const child = new Deno.Command(program!, {
    args: [...words, ...types],
    env: { ...env, PIPEKEEP_SERVER: harness.url, ...(api_key && { PIPEKEEP_API_KEY: api_key }) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return child.output().then(({ code, stdout, stderr }) => {
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  });
}

for (const name of Object.keys(WORKERS)) {
  Deno.test(`${name} claims, reports and finishes what is there, and nothing else`, async () => {
    await using harness = await boot();
    const tricky = { id: 99, total: 1, lease_token: "x", '"lease_token":"y"': '\\"},"id":7,"project_id":1' };
    await create(harness, { total: 3, params: tricky });
    await create(harness, { task_type: "ocr", total: 2 });
    await create(harness, { task_type: "crawl", total: 2 });
    await create(harness);
    const { code, stdout, stderr } = await start(harness, name, { types: ["search", "ocr"] });
    assert.deepEqual([code, stderr], [0, ""]);
    assertLike(await detail(harness, 1), {
      status: "completed",
      progress: 3,
      total: 3,
      result: { steps: 3 },
      worker: new RegExp(`^${name}@`),
    });
    assertLike(await detail(harness, 2), { status: "completed", progress: 2 });
    assertLike(await detail(harness, 3), { status: "pending", attempts: 0 });
    assertLike(await detail(harness, 4), { status: "completed", progress: 10, total: 10 });
    assert.match(stdout, /^task 1: claimed at step 0 of 3\ntask 1: completed\n/);
  });

  Deno.test(`${name} notices a cancel, stops, and goes on with the next task`, async () => {
    await using harness = await boot();
    await create(harness, { total: 1_000_000 });
    await create(harness, { total: 2 });
    const running = start(harness, name);
    await until(async () => (await detail(harness, 1)).progress > 1, "it works");
    assert.equal((await harness.call("POST", `${V1}/1/cancel`)).status, 200);
    const { progress } = await detail(harness, 1);
    const { code, stdout, stderr } = await running;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^task 1: stopped: .*Task is cancelled: stop working on it/m);
    assertLike(await detail(harness, 1), { status: "cancelled", progress });
    assertLike(await detail(harness, 2), { status: "completed" });
  });

  Deno.test(`${name} sends its API key`, async () => {
    await using harness = await boot();
    const { api_key } = await harness.app.keys.create("worker", "write");
    await harness.app.background.create({ project_id: 1, task_type: "dedup", total: 1 });
    const before = rows(harness);
    const without = await start(harness, name);
    assert.notEqual(without.code, 0);
    assert.match(without.stderr, /401/);
    assert.deepEqual(rows(harness), before);
    assert.equal((await start(harness, name, { api_key })).code, 0);
    assertLike(rows(harness)[0], { status: "completed", result: '{"steps":1}' });
  });
}

Deno.test("worker.py reports what the work raises", async () => {
  await using harness = await boot();
  await create(harness, { total: 5, params: { fail_at: 3 } });
  const { code, stdout } = await start(harness, "worker.py");
  assert.deepEqual([code, stdout], [0, "task 1: claimed at step 0 of 5\ntask 1: failed\n"]);
  assertLike(await detail(harness, 1), {
    status: "failed",
    progress: 2,
    error_message: /^Traceback [^]*ValueError: step 3 was told to fail\n$/,
  });
});

Deno.test("both workers side by side share the tasks", async () => {
  await using harness = await boot();
  for (let i = 0; i < 30; i++) await create(harness, { total: 1, params: { n: i } });
  const outputs = await Promise.all(Object.keys(WORKERS).map((name) => start(harness, name)));
  const done = outputs.flatMap(({ stdout }) => [...stdout.matchAll(/^task (\d+): completed$/mg)]);
  assert.deepEqual(
    done.map((match) => Number(match[1])).toSorted((a, b) => a - b),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  assert.ok(rows(harness).every((row) => row.status === "completed" && row.attempts === 1));
});
