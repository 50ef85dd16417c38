/** Downloads while something happens to the file, its task or the reader. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { boot, exists, type Harness, until, V0 } from "../../../_harness.ts";
import { startProcess } from "../../../_process.ts";
import { underExchange } from "../../../_support/exchange_links.ts";
import { register } from "../../../_support/scenarios.ts";

const FILES = `${V0}/tasks/task_a/files`;
/** More than sockets and buffers between server and client take. */
const BIG = 64 * 1024 * 1024;

async function withBigFile(harness: Harness): Promise<string> {
  await register(harness, "task_a");
  const path = `${harness.trainingData}/task_a/big.bin`;
  const block = new Uint8Array(1024 * 1024);
  using file = Deno.openSync(path, { write: true, create: true });
  for (let i = 0; i < BIG / block.length; i++) {
    block.fill(i);
    file.writeSync(block);
  }
  return path;
}

/** That the bytes are those of {@linkcode withBigFile}, and how many there are. */
async function countBytes(reader: ReadableStreamDefaultReader<Uint8Array>, from = 0): Promise<number> {
  let position = from;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return position;
    const wanted = (at: number) => Math.floor(at / (1024 * 1024)) % 256;
    assert.equal(value[0], wanted(position));
    position += value.length;
    assert.equal(value.at(-1), wanted(position - 1));
  }
}

/** How many descriptors of this process lead to `path`, deleted or not. */
function descriptorsOf(path: string): number {
  return fs.readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  }).length;
}

Deno.test("a download that began before the deletion goes on to its last byte, and does not hold the deletion up", async () => {
  await using harness = await boot();
  const path = await withBigFile(harness);
  const response = await fetch(`${harness.url}${FILES}/big.bin`);
  const reader = response.body!.getReader();
  const first = await reader.read();
  const { status, body } = await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.data.deleted_size_bytes, BIG);
  assert.ok(!exists(path));
  // Another task of the same name, with another file in it.
  harness.fill("task_a", { "big.bin": "another" });
  assert.equal(await countBytes(reader, first.value!.length), BIG);
  assert.equal((await harness.call("GET", `${FILES}/nothing`)).status, 404);
});

Deno.test("a file that is cut short while it is sent ends the answer with an error", async () => {
  await using harness = await boot();
  const path = await withBigFile(harness);
  const response = await fetch(`${harness.url}${FILES}/big.bin`);
  const reader = response.body!.getReader();
  const first = await reader.read();
  Deno.truncateSync(path, 1);
  await assert.rejects(countBytes(reader, first.value!.length));
  await until(() => descriptorsOf(path) === 0, "the file is closed");
});

Deno.test("a reader who goes away, or asks for nothing of the file, leaves it closed", async () => {
  await using harness = await boot();
  const path = await withBigFile(harness);
  const url = `${harness.url}${FILES}/big.bin`;
  const response = await fetch(url);
  const etag = response.headers.get("etag")!;
  const reader = response.body!.getReader();
  await reader.read();
  // The runtime opens it a second time while it reads.
  assert.ok(descriptorsOf(path) >= 1);
  await reader.cancel();
  const abort = new AbortController();
  const other = (await fetch(url, { signal: abort.signal })).body!.getReader();
  await other.read();
  abort.abort();
  await assert.rejects(async () => {
    while (!(await other.read()).done);
  }, { name: "AbortError" });
  await fetch(url, { method: "HEAD" });
  await (await fetch(url, { headers: { "if-none-match": etag } })).body?.cancel();
  await (await fetch(url, { headers: { range: `bytes=${BIG}-` } })).body?.cancel();
  await until(() => descriptorsOf(path) === 0, "the file is closed");
});

Deno.test("downloads answer nothing from outside while a directory is exchanged for a link 10,000 times", async () => {
  await using harness = await boot();
  await register(harness, "task_a");
  harness.fill("task_a", { "dir/file": "inside" });
  Deno.mkdirSync(`${harness.folder}/outside`);
  Deno.writeTextFileSync(`${harness.folder}/outside/file`, "outside");
  const link = `${harness.folder}/link`;
  Deno.symlinkSync(`${harness.folder}/outside`, link);
  const outcomes = await underExchange(10_000, [`${harness.trainingData}/task_a/dir`, link], async () => {
    const response = await fetch(`${harness.url}${FILES}/dir/file`);
    return `${response.status} ${(await response.text()).slice(0, 20)}`;
  });
  const seen = [...outcomes.keys()].toSorted();
  assert.deepEqual(seen, ["200 inside", '403 {"success":false,"co'], JSON.stringify([...outcomes]));
});

Deno.test("files of a task are whole or absent while it is deleted and made anew", async () => {
  await using harness = await boot();
  const outcomes = new Map<string, number>();
  for (let round = 0; round < 15; round++) {
    await register(harness, "task_a");
    harness.fill(
      "task_a",
      Object.fromEntries(["a", "b", "c"].map((name) => [name, `${name}${round}`.repeat(20_000)])),
    );
    let isOver = false;
    const readers = ["a", "b", "c"].map(async (name) => {
      while (!isOver) {
        const response = await fetch(`${harness.url}${FILES}/${name}`);
        const text = await response.text();
        if (response.status === 200) assert.equal(text, `${name}${round}`.repeat(20_000));
        else assert.match(JSON.parse(text).message, /^(任务目录不存在|任务不存在): task_a$/);
        outcomes.set(String(response.status), (outcomes.get(String(response.status)) ?? 0) + 1);
      }
    });
    await until(() => (outcomes.get("200") ?? 0) > round * 3, "a file is read");
    const options = { confirm: true, delete_database_records: true };
    assert.equal((await harness.call("DELETE", `${V0}/tasks/task_a`, options)).status, 200);
    isOver = true;
    await Promise.all(readers);
  }
  assert.ok(outcomes.has("200"));
});

Deno.test("a download keeps its length and its ranges where answers are compressed", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_compressed_" });
  try {
    Deno.mkdirSync(`${folder}/training_data/task_a`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/training_data/task_a/a.txt`, "x".repeat(100_000));
    await using server = await startProcess({ args: [], cwd: folder });
    const url = `${server.url}${FILES}/a.txt`;
    const headers = { "accept-encoding": "gzip, br" };
    const whole = await fetch(url, { headers });
    assert.equal(whole.headers.get("content-encoding"), null);
    assert.equal(whole.headers.get("content-length"), "100000");
    assert.equal((await whole.text()).length, 100_000);
    const part = await fetch(url, { headers: { ...headers, range: "bytes=50000-" } });
    assert.deepEqual([part.status, part.headers.get("content-range")], [206, "bytes 50000-99999/100000"]);
    assert.equal((await part.text()).length, 50_000);
    const head = await fetch(url, { method: "HEAD", headers });
    assert.equal(head.headers.get("content-length"), "100000");
    // The list, through the executable's own permissions.
    const list = await (await fetch(`${server.url}${FILES}`)).json();
    assert.equal(list.data.files[0].path, "a.txt");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
