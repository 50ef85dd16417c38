import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../../../_harness.ts";
import { assertLike, assertRefusals, register, type Scenario } from "../../../_support/scenarios.ts";

const FILES = `${V0}/tasks/task_a/files`;

interface Listed {
  name: string;
  path: string;
  kind: string;
  size: string | null;
  size_bytes: number | null;
  modified_at: string | null;
}

/** Page after page to the end, each of `limit`. */
async function listAll(harness: Harness, limit: number): Promise<{ files: Listed[]; pages: number }> {
  const files: Listed[] = [];
  let cursor: string | null = null;
  for (let pages = 1;; pages++) {
    const query: string = cursor === null ? "" : `&cursor=${cursor}`;
    const { status, body } = await harness.call("GET", `${FILES}?limit=${limit}${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(body.data.files.length <= limit);
    files.push(...body.data.files);
    cursor = body.data.next_cursor;
    if (cursor === null) return { files, pages };
  }
}

Deno.test("GET /tasks/{task_id}/files lists files at any depth, with size and time, and follows no link", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  harness.fill("task_a", { "data_pipeline.log": "", "b/表结构.ddl": "x".repeat(2560), "b/c/d.json": "{}" });
  const place = `${harness.trainingData}/task_a`;
  Deno.mkdirSync(`${place}/empty`);
  Deno.mkdirSync(`${harness.folder}/outside`);
  Deno.writeTextFileSync(`${harness.folder}/outside/canary`, "secret");
  Deno.symlinkSync(`${harness.folder}/outside`, `${place}/a_link`);
  assert.ok((await new Deno.Command("mkfifo", { args: [`${place}/fifo`] }).output()).success);
  const at = new Date(2025, 6, 2, 22, 57, 21, 317);
  Deno.utimeSync(`${place}/b/表结构.ddl`, at, at);
  const { status, body } = await harness.call("GET", FILES);
  assert.equal(status, 200);
  assertLike(body, {
    success: true,
    code: 200,
    message: "获取文件列表成功",
    data: {
      task_id: "task_a",
      limit: 50,
      next_cursor: null,
      files: [
        { name: "a_link", path: "a_link", kind: "link" },
        { name: "d.json", path: "b/c/d.json", kind: "file", size: "2 B", size_bytes: 2 },
        {
          name: "表结构.ddl",
          path: "b/表结构.ddl",
          kind: "file",
          size: "2.5 KB",
          size_bytes: 2560,
          modified_at: "2025-07-02T22:57:21.317000",
        },
        { path: "data_pipeline.log", kind: "file", size: "0 B", size_bytes: 0 },
        { path: "fifo", kind: "other" },
      ],
    },
  });
});

Deno.test("GET /tasks/{task_id}/files gives every file once and in one order, whatever the page", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  const names = ["a", "a/", "a.txt", "b", "aa/b/c/", "aa/b/", "z/", "z/y/x/w/", "中/"];
  const files: Record<string, string> = {};
  for (const name of names) {
    if (name.endsWith("/")) { for (let i = 0; i < 7; i++) files[`dir_${name}${i}`] = String(i); }
    else files[name] = name;
  }
  harness.fill("task_a", files);
  Deno.mkdirSync(`${harness.trainingData}/task_a/dir_aa/nothing/in/here`, { recursive: true });
  const whole = (await listAll(harness, 1000)).files.map(({ path }) => path);
  assert.deepEqual(whole.toSorted(), Object.keys(files).toSorted());
  for (const limit of [1, 2, 3, 5, 8, whole.length]) {
    const paths = (await listAll(harness, limit)).files.map(({ path }) => path);
    assert.deepEqual(paths, whole, `pages of ${limit}`);
  }
  // What the last page ended at may be gone.
  const { body } = await harness.call("GET", `${FILES}?limit=10`);
  Deno.removeSync(`${harness.trainingData}/task_a/${body.data.files.at(-1).path}`);
  const next = await harness.call("GET", `${FILES}?limit=1000&cursor=${body.data.next_cursor}`);
  assert.deepEqual(next.body.data.files.map(({ path }: Listed) => path), whole.slice(10));
});

Deno.test("GET /tasks/{task_id}/files shows what cannot be looked into or looked up as such", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  const place = `${harness.trainingData}/task_a`;
  const script = "import os,sys\nos.chdir(sys.argv[1].encode())\nopen(b'\\xd6\\xd0.txt','w').write('x')\n" +
    "os.mkdir(b'dir_\\xd6\\xd0')\nopen(b'dir_\\xd6\\xd0/in','w').write('x')";
  assert.ok((await new Deno.Command("python3", { args: ["-c", script, place] }).output()).success);
  harness.fill("task_a", { "z.txt": "x" });
  const { files } = await listAll(harness, 2);
  assertLike(files, [
    {
      path: "dir_\uFFFD\uFFFD",
      kind: "unreadable_directory",
      size: null,
      size_bytes: null,
      modified_at: null,
    },
    { path: "z.txt", kind: "file", size_bytes: 1 },
    { path: "\uFFFD\uFFFD.txt", kind: "other", size: null, size_bytes: null },
  ]);
});

Deno.test("GET /tasks/{task_id}/files goes on behind the longest name that is no UTF-8", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  const script = "import os,sys\nos.chdir(sys.argv[1].encode())\nopen(b'\\xd6'*255,'w').write('x')";
  const place = `${harness.trainingData}/task_a`;
  assert.ok((await new Deno.Command("python3", { args: ["-c", script, place] }).output()).success);
  harness.fill("task_a", { "a.txt": "x", "\uFFFE.txt": "x" });
  const { files } = await listAll(harness, 1);
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    "a.txt",
    "\uFFFD".repeat(255),
    "\uFFFE.txt",
  ]);
});

Deno.test("GET /tasks/{task_id}/files ends a page early in a tree of empty directories, and goes on", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  const place = `${harness.trainingData}/task_a`;
  for (let i = 0; i < 12_000; i++) Deno.mkdirSync(`${place}/dir_${String(i).padStart(5, "0")}`);
  harness.fill("task_a", { "dir_11999/last": "x", "zzz": "x" });
  const { body } = await harness.call("GET", `${FILES}?limit=1`);
  assert.equal(body.data.files.length, 0);
  assert.ok(body.data.next_cursor);
  const { files, pages } = await listAll(harness, 1000);
  assert.deepEqual(files.map(({ path }) => path), ["dir_11999/last", "zzz"]);
  assert.ok(pages > 1 && pages < 10, `${pages} pages`);
});

Deno.test("GET /tasks/{task_id}/files refuses what is no task with a directory, and what is no query", async (t) => {
  await using harness = await boot();
  await register(harness, "task_a", "task_gone", "task_link", "task_file");
  harness.fill("task_a", { "a.txt": "x" });
  harness.fill("task_unknown", { "a.txt": "x" });
  for (const id of ["task_gone", "task_link", "task_file"]) Deno.removeSync(`${harness.trainingData}/${id}`);
  Deno.symlinkSync("task_a", `${harness.trainingData}/task_link`);
  Deno.writeTextFileSync(`${harness.trainingData}/task_file`, "x");
  const refusal = (task: string, status: number, message: string | RegExp, query = ""): Scenario => ({
    name: `${task}${query}`,
    method: "GET",
    path: `${V0}/tasks/${task}/files${query}`,
    status,
    answer: { success: false, code: status, message },
  });
  const cursors = ["", "x", "Li4", "LS4uL3g", "LS9ldGM", "Kw", "ICs", "____"];
  await assertRefusals(t, harness, [
    refusal("task_unknown", 404, "任务不存在: task_unknown"),
    refusal("task_gone", 404, "任务目录不存在: task_gone"),
    refusal("task_link", 403, "任务目录不是training_data下的真实目录"),
    refusal("task_file", 403, "任务目录不是training_data下的真实目录"),
    refusal(".hidden", 400, /^无效的任务ID/),
    refusal("task_a", 400, /^参数limit无效/, "?limit=0"),
    refusal("task_a", 400, /^参数limit无效/, "?limit=x"),
    refusal("task_a", 400, "未知参数: offset", "?offset=1"),
    ...cursors.map((cursor) => refusal("task_a", 400, /^参数cursor无效/, `?cursor=${cursor}`)),
    { ...refusal("task_a", 405, /请求方法不被允许/), method: "POST", body: {} },
  ]);
});
