/** Server-sent events of a task's changes. */
import assert from "node:assert/strict";
import { eventsReply } from "../../../../routes/api/v1/_events.ts";
import { boot, type Harness, until } from "../../../_harness.ts";
import { startProcess } from "../../../_process.ts";
import {
  claim,
  claimed,
  create,
  detail,
  execute,
  report,
  type Shown,
  V1,
} from "../../../_support/background.ts";
import { assertLike } from "../../../_support/scenarios.ts";

interface ServerEvent {
  id: number;
  event: string;
  data: Shown;
}

/** Reads one event after the other; ends with the stream. Comments are left out. */
async function* events(response: Response): AsyncGenerator<ServerEvent> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const fields = new Map(
        text.slice(0, end).split("\n").map((line): [string, string] => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon), line.slice(colon + 2)];
        }),
      );
      if (!fields.has("data")) continue;
      assert.deepEqual([...fields.keys()], ["id", "event", "data"]);
      const data = JSON.parse(fields.get("data")!);
      yield { id: Number(fields.get("id")), event: fields.get("event")!, data };
    }
  }
}

async function listen(harness: { url: string }, id: number, headers: Record<string, string> = {}) {
  const response = await fetch(`${harness.url}${V1}/${id}/events`, { headers });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-cache, no-transform");
  assert.match(response.headers.get("x-request-id") ?? "", /./);
  return events(response);
}

async function next(stream: AsyncGenerator<ServerEvent>): Promise<ServerEvent> {
  const { value, done } = await stream.next();
  assert.ok(!done, "the stream has ended");
  return value;
}

async function assertEnds(stream: AsyncGenerator<ServerEvent>): Promise<void> {
  assert.deepEqual(await stream.next(), { value: undefined, done: true });
}

Deno.test("GET /tasks/{id}/events tells the state now, each change, and ends with the task", async (t) => {
  const ends: [name: string, end: (harness: Harness, task: Shown) => Promise<unknown>, status: string][] = [
    [
      "completed",
      (harness, task) => report(harness, task, { status: "completed", result: { n: 1 } }),
      "completed",
    ],
    ["failed", (harness, task) => report(harness, task, { status: "failed", error_message: "x" }), "failed"],
    ["cancelled", (harness, task) => harness.call("POST", `${V1}/${task.id}/cancel`), "cancelled"],
  ];
  for (const [name, end, status] of ends) {
    await t.step(name, async () => {
      await using harness = await boot();
      const { id } = await create(harness, { params: { q: "第一\n\nid: 9\n\nevent: x" } });
      const stream = await listen(harness, id);
      const seen = [await next(stream)];
      const task = (await claim(harness))!;
      seen.push(await next(stream));
      await report(harness, task, { progress: 1, total: 2 });
      seen.push(await next(stream));
      // The lease goes on; nothing that anybody sees is another.
      await report(harness, task);
      await report(harness, task, { progress: 1 });
      await end(harness, task);
      seen.push(await next(stream));
      await assertEnds(stream);
      assert.deepEqual(seen.map((event) => [event.id, event.event, event.data.status, event.data.progress]), [
        [1, "task", "pending", 0],
        [2, "task", "running", 0],
        [3, "task", "running", 1],
        [4, "task", status, 1],
      ]);
      assert.deepEqual(seen.at(-1)!.data, await detail(harness, id));
      assert.ok(!JSON.stringify(seen).includes(task.lease_token));
      assert.equal(harness.app.taskEvents.watchers, 0);
    });
  }
});

Deno.test("GET /tasks/{id}/events of a task that is over tells so and ends", async () => {
  await using harness = await boot();
  const { id } = await create(harness);
  await harness.call("POST", `${V1}/${id}/cancel`);
  const stream = await listen(harness, id);
  assertLike(await next(stream), { id: 2, data: { status: "cancelled" } });
  await assertEnds(stream);
});

Deno.test("GET /tasks/{id}/events goes on behind Last-Event-ID", async () => {
  await using harness = await boot();
  const task = await claimed(harness);
  const behind = await listen(harness, task.id, { "last-event-id": "2" });
  const unknown = await listen(harness, task.id, { "last-event-id": "77" });
  const nonsense = await listen(harness, task.id, { "last-event-id": "-1e3" });
  assertLike(await next(unknown), { id: 2 });
  assertLike(await next(nonsense), { id: 2 });
  await report(harness, task, { progress: 1 });
  for (const stream of [behind, unknown, nonsense]) assertLike(await next(stream), { id: 3 });
  await report(harness, task, { status: "completed" });
  for (const stream of [behind, unknown, nonsense]) {
    assertLike(await next(stream), { id: 4, data: { status: "completed" } });
    await assertEnds(stream);
  }
  const path = `${V1}/${task.id}/events`;
  const again = await harness.call("GET", path, undefined, { "last-event-id": "4" });
  assert.deepEqual([again.status, again.body], [204, undefined]);
  assert.equal(harness.app.taskEvents.watchers, 0);
});

Deno.test("GET /tasks/{id}/events sees what another process changes", async () => {
  await using harness = await boot();
  const { id } = await create(harness);
  const stream = await listen(harness, id);
  await next(stream);
  execute(harness, "UPDATE background_tasks SET total = 7, version = version + 1 WHERE id = ?", id);
  assertLike(await next(stream), { id: 2, data: { total: 7 } });
  await stream.return(undefined);
});

Deno.test("GET /tasks/{id}/events sees a lease run out", async () => {
  await using harness = await boot();
  const task = await claimed(harness, { max_attempts: 1 });
  const stream = await listen(harness, task.id);
  await next(stream);
  const later = Date.now() + 61_000;
  assert.deepEqual(await harness.app.leases.runOnce(later), { requeued: 0, failed: 1 });
  assertLike(await next(stream), { data: { status: "failed" } });
  await assertEnds(stream);
});

Deno.test("GET /tasks/{id}/events of many listeners tells all of them", async () => {
  await using harness = await boot();
  const task = await claimed(harness);
  const streams = await Promise.all(Array.from({ length: 60 }, () => listen(harness, task.id)));
  for (const stream of streams) assert.equal((await next(stream)).id, 2);
  assert.equal(harness.app.taskEvents.watchers, 60);
  await report(harness, task, { progress: 1 });
  for (const stream of streams) assert.equal((await next(stream)).id, 3);
  await report(harness, task, { status: "completed" });
  for (const stream of streams) {
    assert.equal((await next(stream)).id, 4);
    await assertEnds(stream);
  }
  assert.equal(harness.app.taskEvents.watchers, 0);
});

Deno.test("GET /tasks/{id}/events forgets a client that went away, also while nothing happens", async () => {
  await using harness = await boot();
  const { id } = await create(harness);
  // Sockets of our own: an aborted fetch does not always close its connection.
  const { hostname, port, host } = new URL(harness.url);
  const clients = await Promise.all(Array.from({ length: 5 }, async () => {
    const client = await Deno.connect({ hostname, port: Number(port) });
    await client.write(new TextEncoder().encode(`GET ${V1}/${id}/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
    return client;
  }));
  await until(() => harness.app.taskEvents.watchers === 5, "they watch");
  for (const client of clients) client.close();
  await until(() => harness.app.taskEvents.watchers === 0, "nobody watches");
});

Deno.test("HEAD /tasks/{id}/events answers at once and watches nothing", async () => {
  await using harness = await boot();
  const { id } = await create(harness);
  const head = await harness.call("HEAD", `${V1}/${id}/events`);
  assert.deepEqual([head.status, head.body], [200, undefined]);
  assert.equal(head.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.equal(harness.app.taskEvents.watchers, 0);
});

Deno.test("GET /tasks/{id}/events gives a slow reader the newest state, not all of them", async () => {
  await using harness = await boot();
  // Far more in all than sockets hold.
  const task = await claimed(harness, { params: { text: "x".repeat(500_000) } });
  const { hostname, port, host } = new URL(harness.url);
  const slow = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET ${V1}/${task.id}/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
  await slow.write(new TextEncoder().encode(request));
  await until(() => harness.app.taskEvents.watchers === 1, "it listens");
  const changes = 60;
  for (let progress = 1; progress <= changes; progress++) await report(harness, task, { progress });
  const fast = await listen(harness, task.id);
  assertLike(await next(fast), { data: { progress: changes } });
  await report(harness, task, { status: "completed" });
  assertLike(await next(fast), { data: { status: "completed" } });
  await assertEnds(fast);
  // Still at its first events; now it reads on.
  assert.equal(harness.app.taskEvents.watchers, 1);
  const text = await readUntil(slow, "\r\n0\r\n\r\n");
  const ids = [...text.matchAll(/id: (\d+)\nevent: task\n/g)].map((match) => Number(match[1]));
  assert.ok(ids.length < changes / 2, `${ids.length} events were waiting`);
  assert.equal(ids.at(-1), changes + 3);
  assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
  assert.match(text.slice(-600_000), /"status":"completed"/);
  await until(() => harness.app.taskEvents.watchers === 0, "its stream has ended");
});

async function readUntil(connection: Deno.Conn, end: string): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 20);
  while (!text.slice(-100).endsWith(end)) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  connection.close();
  return text;
}

Deno.test("eventsReply says by comments that the connection lives", async () => {
  await using harness = await boot();
  const { id } = await create(harness);
  const reply = await eventsReply(await harness.app.background.watch(id), null, 1);
  const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader.read()).value!, /^id: 1\nevent: task\ndata: \{.*\}\n\n$/);
  for (let i = 0; i < 3; i++) assert.equal((await reader.read()).value, ": heartbeat\n\n");
  await reader.cancel();
  assert.equal(harness.app.taskEvents.watchers, 0);
});

Deno.test("SIGTERM ends the streams and the server, without waiting for anybody", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  try {
    await using server = await startProcess({ args: [], cwd: folder });
    const body = JSON.stringify({ project_id: 1, task_type: "ocr" });
    await (await fetch(server.url + V1, { method: "POST", body })).body?.cancel();
    const streams = await Promise.all([listen(server, 1), listen(server, 1)]);
    for (const stream of streams) await next(stream);
    const began = performance.now();
    server.kill("SIGTERM");
    for (const stream of streams) await assertEnds(stream);
    assert.equal((await server.status).code, 0);
    assert.ok(performance.now() - began < 5000, "it waited for its streams");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
