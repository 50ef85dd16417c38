import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../../../_harness.ts";
import { rawRequest } from "../../../_support/raw_http.ts";
import { assertLike, assertRefusals, register, type Scenario } from "../../../_support/scenarios.ts";

const FILES = `${V0}/tasks/task_a/files`;
const LONG_AGO = new Date(2025, 6, 2);

async function prepared(files: Record<string, string>): Promise<Harness> {
  const harness = await boot();
  await register(harness, "task_a");
  harness.fill("task_a", files);
  for (const name of Object.keys(files)) {
    Deno.utimeSync(`${harness.trainingData}/task_a/${name}`, LONG_AGO, LONG_AGO);
  }
  return harness;
}

Deno.test("GET /tasks/{task_id}/files/{path} answers the file's bytes and says what it is", async () => {
  await using harness = await prepared({ "sub/表 结构.ddl": "create table 表;" });
  for (const path of ["sub/表 结构.ddl", "sub%2f%E8%A1%A8%20%E7%BB%93%E6%9E%84.ddl"]) {
    const response = await fetch(`${harness.url}${FILES}/${path}`);
    assert.equal(await response.text(), "create table 表;");
    assertLike(Object.fromEntries(response.headers), {
      "content-type": "text/plain; charset=utf-8",
      "content-length": "17",
      "content-disposition":
        `attachment; filename="_ __.ddl"; filename*=UTF-8''%E8%A1%A8%20%E7%BB%93%E6%9E%84.ddl`,
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache, no-transform",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
      "last-modified": LONG_AGO.toUTCString(),
      etag: /^"[\w-]+"$/,
      "x-request-id": /./,
    });
  }
});

Deno.test("HEAD /tasks/{task_id}/files/{path} answers the same headers and no body", async () => {
  await using harness = await prepared({ "a.txt": "0123456789", "b.json": "{}", "empty": "" });
  for (const [name, length] of [["a.txt", "10"], ["b.json", "2"], ["empty", "0"]]) {
    const { status, headers, text } = await rawRequest(harness.url, "HEAD", `${FILES}/${name}`);
    assert.equal(status, 200);
    assert.equal(text, "");
    assert.equal(headers.get("content-length"), length);
    assert.equal(headers.get("accept-ranges"), "bytes");
  }
});

Deno.test("GET /tasks/{task_id}/files/{path} answers the part that Range asks for", async (t) => {
  await using harness = await prepared({ "a.txt": "0123456789", "empty.txt": "" });
  const etag = (await fetch(`${harness.url}${FILES}/a.txt`, { method: "HEAD" })).headers.get("etag")!;
  const cases: [headers: Record<string, string>, status: number, text: string, range: string | null][] = [
    [{ range: "bytes=2-4" }, 206, "234", "bytes 2-4/10"],
    [{ range: "bytes=7-" }, 206, "789", "bytes 7-9/10"],
    [{ range: "bytes=-2" }, 206, "89", "bytes 8-9/10"],
    [{ range: "bytes=0-99" }, 206, "0123456789", "bytes 0-9/10"],
    [{ range: "bytes=0-1,3-4" }, 200, "0123456789", null],
    [{ range: "bytes=4-2" }, 200, "0123456789", null],
    [{ range: "bytes=2-4", "if-range": etag }, 206, "234", "bytes 2-4/10"],
    [{ range: "bytes=2-4", "if-range": '"another"' }, 200, "0123456789", null],
    [{ range: "bytes=2-4", "if-range": `W/${etag}` }, 200, "0123456789", null],
    [{ range: "bytes=2-4", "if-range": LONG_AGO.toUTCString() }, 200, "0123456789", null],
    [{ range: "bytes=20-", "if-range": '"another"' }, 200, "0123456789", null],
  ];
  for (const [headers, status, text, range] of cases) {
    await t.step(JSON.stringify(headers), async () => {
      const response = await fetch(`${harness.url}${FILES}/a.txt`, { headers });
      assert.deepEqual([response.status, await response.text()], [status, text]);
      assert.equal(response.headers.get("content-range"), range);
      assert.equal(response.headers.get("content-length"), String(text.length));
    });
  }
  await t.step("behind the end: 416 in the envelope, and how long the file is", async () => {
    const { status, body, headers } = await harness.call("GET", `${FILES}/a.txt`, undefined, {
      range: "bytes=10-",
    });
    assert.equal(status, 416);
    assert.equal(headers.get("content-range"), "bytes */10");
    assert.deepEqual(body, { success: false, code: 416, message: "请求的范围超出文件大小", data: null });
  });
  await t.step("of an empty file there is only the whole", async () => {
    const response = await fetch(`${harness.url}${FILES}/empty.txt`, { headers: { range: "bytes=0-" } });
    assert.deepEqual([response.status, await response.text()], [200, ""]);
  });
});

Deno.test("GET /tasks/{task_id}/files/{path} answers 304 to If-None-Match until the file changes", async () => {
  await using harness = await prepared({ "a.txt": "old" });
  const url = `${harness.url}${FILES}/a.txt`;
  const etag = (await fetch(url, { method: "HEAD" })).headers.get("etag")!;
  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
    const response = await fetch(url, { headers: { "if-none-match": tag } });
    assert.deepEqual([response.status, await response.text()], [304, ""], tag);
    assert.equal(response.headers.get("etag"), etag);
  }
  Deno.writeTextFileSync(`${harness.trainingData}/task_a/a.txt`, "new");
  const response = await fetch(url, {
    headers: { "if-none-match": etag, range: "bytes=0-0", "if-range": etag },
  });
  assert.deepEqual([response.status, await response.text()], [200, "new"]);
  // It was changed only now, and may change again within the same tick of the system's clock.
  assert.match(response.headers.get("etag")!, /^W\/"/);
});

Deno.test("GET /tasks/{task_id}/files/{path} refuses what is no regular file of the task", async (t) => {
  await using harness = await prepared({ "a.txt": "x", "sub/b.txt": "x" });
  const place = `${harness.trainingData}/task_a`;
  Deno.mkdirSync(`${harness.folder}/outside`);
  Deno.writeTextFileSync(`${harness.folder}/outside/canary`, "secret");
  await register(harness, "task_b", "task_gone", "task_link", "task_file");
  harness.fill("task_b", { "b.txt": "x" });
  harness.fill("task_unknown", { "a.txt": "x" });
  for (const id of ["task_gone", "task_link", "task_file"]) Deno.removeSync(`${harness.trainingData}/${id}`);
  Deno.symlinkSync(`${harness.folder}/outside`, `${harness.trainingData}/task_link`);
  Deno.writeTextFileSync(`${harness.trainingData}/task_file`, "x");
  Deno.symlinkSync(`${harness.folder}/outside`, `${place}/dir_link`);
  Deno.symlinkSync("sub", `${place}/inner_link`);
  Deno.symlinkSync(`${harness.folder}/outside/canary`, `${place}/file_link`);
  Deno.symlinkSync("a.txt", `${place}/own_link`);
  Deno.symlinkSync("nowhere", `${place}/broken_link`);
  assert.ok((await new Deno.Command("mkfifo", { args: [`${place}/fifo`] }).output()).success);
  const refusal = (path: string, status: number, message: string, task = "task_a"): Scenario => ({
    name: `${task} ${path}`,
    method: "GET",
    path: `${V0}/tasks/${task}/files/${path}`,
    status,
    answer: { success: false, code: status, message },
  });
  const forbidden = (path: string) => refusal(path, 403, `不是任务目录内的普通文件: ${path}`);
  const absent = (path: string) => refusal(path, 404, `文件不存在: ${path}`);
  await assertRefusals(t, harness, [
    ...["dir_link/canary", "file_link", "own_link", "broken_link", "inner_link/b.txt", "dir_link"].map(
      forbidden,
    ),
    ...["sub", "fifo"].map(forbidden),
    ...["nothing", "sub/nothing", "a.txt/b", "broken"].map(absent),
    refusal("a.txt", 404, "任务不存在: task_unknown", "task_unknown"),
    refusal("a.txt", 404, "任务不存在: nobody", "nobody"),
    refusal("a.txt", 404, "任务目录不存在: task_gone", "task_gone"),
    refusal("canary", 403, "任务目录不是training_data下的真实目录", "task_link"),
    refusal("a.txt", 403, "任务目录不是training_data下的真实目录", "task_file"),
    refusal("", 400, "无效的文件路径: "),
    refusal("a.txt/", 400, "无效的文件路径: a.txt/"),
    refusal("sub//b.txt", 400, "无效的文件路径: sub//b.txt"),
    refusal("..%2ftask_b%2fb.txt", 400, "无效的文件路径: ../task_b/b.txt"),
    refusal("sub%2f..%2fa.txt", 400, "无效的文件路径: sub/../a.txt"),
    refusal("%2fetc%2fpasswd", 400, "无效的文件路径: /etc/passwd"),
    refusal(".%2fa.txt", 400, "无效的文件路径: ./a.txt"),
    refusal("a".repeat(256), 400, `无效的文件路径: ${"a".repeat(100)}`),
    { ...refusal("a%00.txt", 400, ""), answer: { success: false, invalid_params: ["path"] } },
    { ...refusal("%ff", 400, ""), answer: { success: false, invalid_params: ["path"] } },
    { ...refusal("a.txt", 400, ""), path: `${V0}/tasks/.hidden/files/a.txt`, answer: { success: false } },
    { ...refusal("a.txt", 405, ""), method: "DELETE", answer: { success: false, code: 405 } },
    { ...refusal("a.txt", 405, ""), method: "PUT", body: {}, answer: { success: false, code: 405 } },
  ]);
  await t.step("paths that leave the task before they are routed", async () => {
    for (
      const path of ["../../task_b/files/b.txt/..", "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..\\..\\x"]
    ) {
      const { status, text } = await rawRequest(harness.url, "GET", `${FILES}/${path}`);
      assert.ok([400, 403, 404].includes(status) && !text.includes("root:"), `${status} ${text}`);
    }
  });
});

Deno.test("GET /tasks/{task_id}/files/{path} wants a key of the role read, once there are keys", async () => {
  await using harness = await prepared({ "a.txt": "x" });
  const { api_key } = await harness.app.keys.create("reader", "read");
  assert.equal((await harness.call("GET", `${FILES}/a.txt`)).status, 401);
  const response = await fetch(`${harness.url}${FILES}/a.txt`, {
    headers: { authorization: `Bearer ${api_key}` },
  });
  assert.deepEqual([response.status, await response.text()], [200, "x"]);
});
