/** The public jobs API (api.md 3), and that its jobs really run. */
import assert from "node:assert/strict";
import { Events } from "../../../services/events.ts";
import { boot, type BootOptions, exists, type Harness, until, V0 } from "../../_harness.ts";

interface Public {
  server: Harness;
  key: string;
  /** Calls below the project, with its key. */
  call(method: string, path: string, body?: unknown): ReturnType<Harness["call"]>;
  job(jobId: number): Promise<Record<string, unknown>>;
}

async function open(options: BootOptions = {}): Promise<Public & AsyncDisposable> {
  const server = await boot(options);
  const { api_key } = await server.app.keys.create("organization", "admin");
  const key = (await server.app.projects.list())[0]!.project_key;
  const headers = { authorization: `Bearer ${api_key}` };
  const call: Public["call"] = (method, path, body) =>
    server.call(method, `/public/${key}${path}`, body, headers);
  return {
    server,
    key,
    call,
    job: async (jobId) => (await call("GET", `/jobs/${jobId}`)).body.data,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function registerFor(server: Harness, user: string, ids: string[]): Promise<void> {
  for (const task_id of ids) {
    await server.app.tasks.register({ task_id, created_by: user });
    server.fill(task_id, { "a.txt": "12345", "sub/b.txt": "123" });
  }
}

/** `reached` once directories were moved to the trash for the nth time. */
function movedTimes(nth: number) {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let moved = 0;
  const events = new Events();
  events.on("deletion.step", ({ step }) => {
    if (step === "moved" && ++moved === nth) resolve();
  });
  return { reached, events };
}

Deno.test("DELETE users/{userId} schedules at the next midnight UTC and then deletes directories and records", async () => {
  let now = Date.UTC(2025, 6, 2, 15, 30);
  await using api = await open({ seams: { clock: () => now } });
  const user = "shekar@example.com";
  await registerFor(api.server, user, ["task_a", "task_b"]);
  await registerFor(api.server, "mehdi@example.com", ["task_c"]);
  const { status, body } = await api.call("DELETE", `/users/${encodeURIComponent(user)}`);
  assert.equal(status, 200);
  assert.deepEqual(body.data, {
    jobId: 1,
    description: `Delete user sessions of userId = ${user}`,
    status: "scheduled",
    projectId: 1,
    action: "delete_user_data",
    referenceId: user,
    createdAt: now,
    updatedAt: null,
    startAt: Date.UTC(2025, 6, 3),
    errors: null,
    progress: { directories: 0, directoriesTotal: 0, files: 0, bytes: 0 },
  });
  assert.equal((await api.call("DELETE", `/users/${user}`)).status, 409);
  await api.server.restart();
  assert.equal((await api.job(1)).status, "scheduled");
  // Its time passes while the program is down: it runs at once.
  now = Date.UTC(2025, 6, 5);
  await api.server.restart();
  await until(async () => (await api.job(1)).status === "completed", "the job completes");
  const job = await api.job(1);
  assert.deepEqual(job.progress, { directories: 2, directoriesTotal: 2, files: 4, bytes: 16 });
  assert.ok(!exists(`${api.server.trainingData}/task_a`) && !exists(`${api.server.trainingData}/task_b`));
  assert.ok(exists(`${api.server.trainingData}/task_c/a.txt`));
  const { rows } = await api.server.app.tasks.list({}, { limit: 10, offset: 0 });
  assert.deepEqual(rows.map((row) => row.task_id), ["task_c"]);
  assert.equal((await api.call("DELETE", `/users/${user}`)).status, 200);
});

Deno.test("a job ends failed with the ids it could not delete, and deletes the others", async () => {
  await using api = await open();
  await registerFor(api.server, "u", ["task_a", "task_b", "task_c"]);
  await api.server.app.tasks.report("task_b", { status: "running" });
  const { status, body } = await api.call("POST", "/jobs", { action: "delete_user_data", referenceId: "u" });
  assert.equal(status, 201);
  await until(async () => (await api.job(body.data.jobId)).status === "failed", "the job fails");
  const job = await api.job(body.data.jobId);
  assert.equal(job.errors, "task_b: task_running");
  assert.ok(exists(`${api.server.trainingData}/task_b/a.txt`));
  assert.ok(!exists(`${api.server.trainingData}/task_a`) && !exists(`${api.server.trainingData}/task_c`));
});

Deno.test("POST jobs takes delete_tasks and cleanup, and runs them", async () => {
  await using api = await open();
  await registerFor(api.server, "u", ["old_a", "old_b", "old_c", "old_d"]);
  for (const id of ["old_a", "old_b", "old_c"]) {
    await api.server.app.tasks.report(id, { status: "completed" });
  }
  const first = await api.call("POST", "/jobs", {
    action: "delete_tasks",
    params: { task_ids: ["old_a", "old_a"], delete_database_records: true },
  });
  assert.equal(first.status, 201);
  await until(
    async () => (await api.job(first.body.data.jobId)).status === "completed",
    "delete_tasks completes",
  );
  assert.ok(!exists(`${api.server.trainingData}/old_a`));
  const second = await api.call("POST", "/jobs", {
    action: "cleanup",
    params: { older_than: "0", keep_last: 1 },
  });
  await until(
    async () => (await api.job(second.body.data.jobId)).status === "completed",
    "cleanup completes",
  );
  const left = ["old_b", "old_c", "old_d"].filter((id) => exists(`${api.server.trainingData}/${id}`));
  // One of the finished ones stays as the newest, and the pending one was never meant.
  assert.equal(left.length, 2);
  assert.ok(left.includes("old_d"));
});

Deno.test("DELETE jobs/{jobId} cancels what is scheduled, once, and only in its own project", async () => {
  await using api = await open();
  await registerFor(api.server, "u", ["task_a"]);
  const { body } = await api.call("DELETE", "/users/u");
  const other = await api.server.app.projects.create("other");
  const elsewhere = await api.server.call("DELETE", `/public/${other.project_key}/jobs/1`, undefined, {
    authorization: `Bearer ${(await api.server.app.keys.create("b", "write")).api_key}`,
  });
  assert.equal(elsewhere.status, 404);
  const cancelled = await api.call("DELETE", `/jobs/${body.data.jobId}`);
  assert.equal(cancelled.status, 200);
  assert.equal(cancelled.body.data.status, "cancelled");
  assert.ok(cancelled.body.data.updatedAt >= cancelled.body.data.createdAt);
  const again = await api.call("DELETE", `/jobs/${body.data.jobId}`);
  assert.deepEqual([again.status, again.body], [400, { error: "Cannot cancel job in cancelled state" }]);
  assert.ok(exists(`${api.server.trainingData}/task_a/a.txt`));
});

Deno.test("DELETE jobs/{jobId} stops a running job between two directories", async () => {
  const { reached, events } = movedTimes(2);
  await using api = await open({ seams: { events } });
  const ids = Array.from({ length: 300 }, (_, i) => `task_${String(i).padStart(3, "0")}`);
  await registerFor(api.server, "u", ids);
  const { body } = await api.call("POST", "/jobs", { action: "delete_user_data", referenceId: "u" });
  await reached;
  assert.equal((await api.call("DELETE", `/jobs/${body.data.jobId}`)).status, 200);
  await until(
    async () => (await api.server.app.log.page({ states: ["intent", "trashed"] }, page)).total === 0,
    "rests",
  );
  const gone = ids.filter((id) => !exists(`${api.server.trainingData}/${id}`));
  assert.ok(gone.length >= 2 && gone.length < ids.length, `${gone.length} gone`);
  for (const id of ids) {
    if (!gone.includes(id)) assert.ok(exists(`${api.server.trainingData}/${id}/sub/b.txt`), `${id} is whole`);
  }
  const job = await api.job(body.data.jobId);
  assert.equal(job.status, "cancelled");
  assert.equal((await api.server.app.log.page({ job_id: 1 }, page)).total, gone.length);
});

const page = { limit: 1000, offset: 0 };

Deno.test("GET jobs pages by jobId; limits and pages out of range count as the defaults", async () => {
  await using api = await open();
  for (let i = 0; i < 55; i++) await api.call("DELETE", `/users/user${i}`);
  await api.call("DELETE", "/jobs/3");
  const table: [query: string, first: number, length: number][] = [
    ["", 1, 50],
    ["?limit=10&page=2", 11, 10],
    ["?limit=0", 1, 50],
    ["?limit=201", 1, 50],
    ["?limit=200", 1, 55],
    ["?limit=abc&page=abc", 1, 50],
    ["?page=0", 1, 50],
    ["?page=-1", 1, 50],
    ["?page=2", 51, 5],
    ["?limit=1e1", 1, 50],
    ["?order=desc&limit=2", 55, 2],
    ["?status=cancelled", 3, 1],
    ["?action=delete_user_data&limit=1", 1, 1],
  ];
  for (const [query, first, length] of table) {
    const { status, body } = await api.call("GET", `/jobs${query}`);
    assert.equal(status, 200, query);
    assert.deepEqual([body.data[0].jobId, body.data.length], [first, length], query);
  }
  assert.deepEqual((await api.call("GET", "/jobs?page=99")).body.data, []);
});

Deno.test("the public API names what it refuses, and nothing changes", async () => {
  await using api = await open();
  await registerFor(api.server, "u", ["task_a"]);
  await api.call("DELETE", "/users/u");
  const jobs = () => api.call("GET", "/jobs");
  const before = JSON.stringify((await jobs()).body);
  const table: [method: string, path: string, body: unknown, status: number, text: string][] = [
    ["GET", "/jobs/abc", undefined, 400, "jobId"],
    ["GET", "/jobs/1e3", undefined, 400, "jobId"],
    ["GET", "/jobs/+1", undefined, 400, "jobId"],
    ["GET", "/jobs/%201", undefined, 400, "jobId"],
    ["GET", "/jobs/-1", undefined, 400, "jobId"],
    ["GET", "/jobs/1.5", undefined, 400, "jobId"],
    ["GET", "/jobs/99999999999999999999", undefined, 400, "jobId"],
    ["GET", "/jobs/2", undefined, 404, "no job"],
    ["DELETE", "/jobs/abc", undefined, 400, "jobId"],
    ["DELETE", "/jobs/2", undefined, 404, "no job"],
    ["DELETE", "/users/", undefined, 400, "userId"],
    ["DELETE", "/users/%20", undefined, 400, "userId"],
    ["DELETE", `/users/${"x".repeat(257)}`, undefined, 400, "userId"],
    ["DELETE", "/users/u", undefined, 409, "already"],
    ["DELETE", "/users/v?confirm=true", undefined, 400, "confirm"],
    ["GET", "/jobs?status=done", undefined, 400, "status"],
    ["GET", "/jobs?limit=1&limit=2", undefined, 400, "limit"],
    ["GET", "/jobs?colour=red", undefined, 400, "colour"],
    ["POST", "/jobs", {}, 400, "action"],
    ["POST", "/jobs", [], 400, "body"],
    ["POST", "/jobs", '{"action":', 400, "JSON"],
    ["POST", "/jobs", { action: "explode" }, 400, "action"],
    ["POST", "/jobs", { action: "delete_user_data" }, 400, "referenceId"],
    ["POST", "/jobs", { action: "delete_user_data", referenceId: 7 }, 400, "referenceId"],
    ["POST", "/jobs", { action: "delete_user_data", referenceId: "u" }, 409, "already"],
    ["POST", "/jobs", { action: "delete_user_data", referenceId: "v", startAt: "soon" }, 400, "startAt"],
    ["POST", "/jobs", { action: "delete_user_data", referenceId: "v", startAt: 1e300 }, 400, "startAt"],
    ["POST", "/jobs", { action: "delete_user_data", referenceId: "v", startAt: -1 }, 400, "startAt"],
    ["POST", "/jobs", { action: "delete_tasks" }, 400, "params"],
    ["POST", "/jobs", { action: "delete_tasks", params: { task_ids: [] } }, 400, "task_ids"],
    ["POST", "/jobs", { action: "delete_tasks", params: { task_ids: ["a"], dry_run: true } }, 400, "dry_run"],
    ["POST", "/jobs", { action: "cleanup", params: { older_than: "soon" } }, 400, "older_than"],
    ["POST", "/jobs", { action: "cleanup", params: {} }, 400, "older_than"],
    ["PUT", "/jobs", {}, 405, "allowed"],
    ["GET", "/nothing", undefined, 404, "nothing"],
  ];
  for (const [method, path, body, status, text] of table) {
    const answer = await api.call(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    assert.deepEqual(Object.keys(answer.body), ["error"]);
    assert.ok(answer.body.error.includes(text), `${method} ${path}: ${answer.body.error}`);
  }
  assert.equal(JSON.stringify((await jobs()).body), before);
  const { api_key } = await api.server.app.keys.create("c", "read");
  const unknown = await api.server.call("GET", "/public/nothing/jobs", undefined, {
    authorization: `Bearer ${api_key}`,
  });
  assert.equal(unknown.status, 404);
  assert.ok(exists(`${api.server.trainingData}/task_a/a.txt`));
});

Deno.test("a job that a stop interrupts goes on at the next start, and counts what it did before", async () => {
  const { reached, events } = movedTimes(5);
  await using api = await open({ seams: { events } });
  const ids = Array.from({ length: 60 }, (_, i) => `task_${String(i).padStart(3, "0")}`);
  await registerFor(api.server, "u", ids);
  const { body } = await api.call("POST", "/jobs", { action: "delete_user_data", referenceId: "u" });
  await reached;
  await api.server.restart();
  await until(async () => (await api.job(body.data.jobId)).status === "completed", "the job completes");
  const { progress } = await api.job(body.data.jobId) as { progress: Record<string, number> };
  assert.equal(progress.files, 120);
  assert.equal(progress.bytes, 480);
  assert.ok(ids.every((id) => !exists(`${api.server.trainingData}/${id}`)));
  assert.equal((await api.server.app.tasks.list({}, page)).total, 0);
  const status = await api.server.app.log.page({}, page);
  assert.equal(status.rows.filter((row) => row.state === "purged").length, 60, V0);
});
