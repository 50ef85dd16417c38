/** With the settings of a real server: what people make and remove in training_data by hand, while requests are served. */
import assert from "node:assert/strict";
import { call, exists, until, V0 } from "../../_harness.ts";
import { type Running, startProcess } from "../../_process.ts";
import { assertLike } from "../../_support/scenarios.ts";

interface Server extends AsyncDisposable {
  url: string;
  /** Of training_data. */
  path: string;
}

async function serve(): Promise<Server> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const path = `${folder}/training_data`;
  const running: Running = await startProcess({ args: [], cwd: folder });
  return {
    url: running.url,
    path,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

function make({ path }: Server, taskId: string): void {
  Deno.mkdirSync(`${path}/${taskId}`);
  Deno.writeTextFileSync(`${path}/${taskId}/a.txt`, "12345");
}

async function record({ url }: Server, taskId: string) {
  const { status, body } = await call(url, "GET", `${V0}/tasks/${taskId}`);
  return status === 404 ? undefined : body.data;
}

/** Waits, and says how long that took, in milliseconds. */
async function timed(condition: () => Promise<boolean>, what: string): Promise<number> {
  const began = performance.now();
  await until(condition, what);
  return performance.now() - began;
}

Deno.test("a directory made by hand is soon a running task, which is deleted by force alone", async () => {
  await using server = await serve();
  make(server, "by_hand");
  const took = await timed(async () => await record(server, "by_hand") !== undefined, "it was adopted");
  assert.ok(took < 2_000, `${took} ms`);
  const adopted = await record(server, "by_hand");
  assertLike(adopted, { status: "running", created_by: "system", directory_exists: true });
  const refused = await call(server.url, "DELETE", `${V0}/tasks/by_hand`, { confirm: true });
  assertLike(refused, { status: 409, body: { message: "任务正在运行中，无法删除" } });
  assert.deepEqual(await record(server, "by_hand"), adopted);
  assert.equal(Deno.readTextFileSync(`${server.path}/by_hand/a.txt`), "12345");
  const forced = await call(server.url, "DELETE", `${V0}/tasks/by_hand`, { confirm: true, force: true });
  assertLike(forced, { status: 200, body: { data: { deleted_files_count: 1, deleted_size_bytes: 5 } } });
  assert.ok(!exists(`${server.path}/by_hand`));
});

Deno.test("a directory removed by hand is marked within two seconds, and its record stays", async () => {
  await using server = await serve();
  for (const task_id of ["kept", "removed"]) {
    assert.equal((await call(server.url, "POST", `${V0}/tasks`, { task_id })).status, 201);
  }
  Deno.removeSync(`${server.path}/removed`, { recursive: true });
  const isMarked = async () => (await record(server, "removed")).directory_exists === false;
  const took = await timed(isMarked, "it was marked");
  assert.ok(took < 2_000, `${took} ms`);
  assertLike(await record(server, "removed"), { status: "pending", created_by: "guest" });
  assertLike(await record(server, "kept"), { directory_exists: true, updated_at: null });
});

Deno.test("what is made and removed by hand disturbs no registration, deletion or job that is under way", async () => {
  await using server = await serve();
  const named = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}_${i}`);
  const register = (task_id: string) => call(server.url, "POST", `${V0}/tasks`, { task_id });
  const [batch, ofJob, byHand, fresh] = [
    named("batch", 300),
    named("job", 60),
    named("hand", 60),
    named("fresh", 60),
  ] as const;
  for (const id of [...batch, ...ofJob]) make(server, id);
  assert.equal((await call(server.url, "POST", `${V0}/reconcile`, {})).body.data.adopted, 360);
  const order = { confirm: true, force: true, delete_database_records: true };
  const job = await call(server.url, "DELETE", `${V0}/tasks`, { ...order, task_ids: ofJob, async: true });
  assert.equal(job.status, 202);
  const [deleted, registered] = await Promise.all([
    call(server.url, "DELETE", `${V0}/tasks`, { ...order, task_ids: batch }),
    Promise.all(fresh.map(register)),
    (async () => {
      for (const [i, id] of byHand.entries()) {
        make(server, id);
        if (i % 2 === 1) Deno.removeSync(`${server.path}/hand_${i - 1}`, { recursive: true });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })(),
  ]);
  assertLike(deleted.body.data.summary, {
    successfully_deleted: 300,
    failed: 0,
    total_size_freed_bytes: 1500,
  });
  assert.deepEqual([...new Set(registered.map((answer) => answer.status))], [201]);
  const { status_url } = job.body.data;
  const jobNow = async () => (await call(server.url, "GET", status_url)).body.data;
  await until(async () => !["scheduled", "running"].includes((await jobNow()).status), "the job ended");
  assertLike(await jobNow(), { status: "completed" });
  await until(async () => {
    const rows = await Promise.all(byHand.map((id) => record(server, id)));
    return rows.every((row, i) => i % 2 === 1 ? row !== undefined : row?.directory_exists !== true);
  }, "all that was done by hand is known");
  // Records and disk agree, so that a comparison finds nothing.
  const compared = await call(server.url, "POST", `${V0}/reconcile`, {});
  assert.deepEqual(compared.body.data, { adopted: 0, vanished: 0, returned: 0, completed: 0 });
  for (const id of [...batch, ...ofJob]) assert.equal(await record(server, id), undefined, id);
  for (const id of fresh) {
    assertLike(await record(server, id), { created_by: "guest", status: "pending", updated_at: null });
  }
  for (let i = 1; i < 60; i += 2) assertLike(await record(server, `hand_${i}`), { created_by: "system" });
  const log = await call(server.url, "GET", `${V0}/deletions?limit=1000`);
  const outcomes = log.body.data.deletions.map((row: { outcome: string }) => row.outcome);
  assert.deepEqual([outcomes.length, [...new Set(outcomes)]], [360, ["purged"]]);
});
