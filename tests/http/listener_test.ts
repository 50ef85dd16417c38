import assert from "node:assert/strict";
import { Listener } from "../../http/listener.ts";
import { eventStream, SSE_HEADERS } from "../../http/sse.ts";
import { until } from "../_harness.ts";
import { startProcess } from "../_process.ts";
import { rawRequest } from "../_support/raw_http.ts";

interface Flood extends Disposable {
  /** Connections that the server has not closed. */
  readonly open: number;
  add(count: number): Promise<void>;
  close(): void;
}

/** Connections that send `bytes` and then nothing. */
function flood(url: string, bytes: string): Flood {
  const { hostname, port } = new URL(url);
  const connections = new Set<Deno.Conn>();
  const end = (connection: Deno.Conn) => {
    if (connections.delete(connection)) connection.close();
  };
  const watch = async (connection: Deno.Conn) => {
    const buffer = new Uint8Array(1024);
    try {
      while (await connection.read(buffer) !== null);
    } catch { /* reset, or closed by us */ }
    end(connection);
  };
  return {
    get open() {
      return connections.size;
    },
    async add(count) {
      for (let i = 0; i < count; i++) {
        try {
          const connection = await Deno.connect({ hostname, port: Number(port) });
          connections.add(connection);
          await connection.write(new TextEncoder().encode(bytes));
          watch(connection);
        } catch { /* refused while it does not listen, or reset */ }
      }
    },
    close() {
      for (const connection of connections) end(connection);
    },
    [Symbol.dispose]() {
      this.close();
    },
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { headers: { connection: "close" } });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

const HALF_BODY = "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{";

for (
  const [name, bytes, isFreed] of [
    ["idle", "", true],
    ["with half a head", "GET /healthz HTTP/1.1\r\nHo", true],
    ["with half a body", HALF_BODY, false],
  ] as const
) {
  Deno.test(`Listener outlives more connections than there are descriptors, ${name}`, async () => {
    const cwd = Deno.makeTempDirSync({ prefix: "pipekeep_listener_" });
    try {
      const wrap = ["bash", "-c", 'ulimit -n 256; exec "$@"', "bash"];
      await using server = await startProcess({ args: ["--log-level", "warning"], cwd, wrap });
      using connections = flood(server.url, bytes);
      for (let round = 0; round < 3; round++) {
        await connections.add(400);
        // With requests under way everywhere, it waits until some of them have ended.
        if (!isFreed) connections.close();
        await until(() => isHealthy(server.url), "it answers again");
      }
      connections.close();
      await until(() => isHealthy(server.url), "it answers once they have gone");
      server.kill("SIGTERM");
      assert.equal((await server.status).code, 0);
      const warnings = (await server.stderr()).split("\n").filter((line) =>
        /could not be accepted/.test(line)
      );
      assert.equal(warnings.length, 1, "one warning, however often");
    } finally {
      Deno.removeSync(cwd, { recursive: true });
    }
  });
}

Deno.test("Listener answers what is under way when it stops, and takes nothing more", async () => {
  const { promise: asked, resolve: tell } = Promise.withResolvers<void>();
  const { promise: go, resolve: answer } = Promise.withResolvers<void>();
  const listener = new Listener({
    address: { hostname: "127.0.0.1", port: 0 },
    handler: async () => {
      tell();
      await go;
      return new Response("done");
    },
  });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const first = fetch(url).then((response) => response.text());
  await asked;
  const stopped = listener.shutdown();
  answer();
  assert.equal(await first, "done");
  await stopped;
  await assert.rejects(fetch(url));
});

Deno.test("Listener says that a port is taken", async () => {
  const listener = new Listener({
    address: { hostname: "127.0.0.1", port: 0 },
    handler: () => new Response(),
  });
  const { port } = listener.addr;
  assert.throws(
    () => new Listener({ address: { hostname: "127.0.0.1", port }, handler: () => new Response() }),
    Deno.errors.AddrInUse,
  );
  await listener.shutdown();
});

Deno.test("Listener compresses lists for clients that accept it, and leaves event streams alone", async () => {
  const large = JSON.stringify({ tasks: Array.from({ length: 500 }, (_, i) => ({ task_id: `task_${i}` })) });
  const listener = new Listener({
    address: { hostname: "127.0.0.1", port: 0 },
    handler: (request) =>
      new URL(request.url).pathname === "/events"
        ? new Response(eventStream({ next: () => Promise.resolve("end"), close() {} }), {
          headers: SSE_HEADERS,
        })
        : new Response(large, {
          headers: { "content-type": "application/json; charset=utf-8", etag: '"a"' },
        }),
  });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  try {
    const zipped = await rawRequest(url, "GET", "/list", "", { "accept-encoding": "gzip" });
    assert.equal(zipped.headers.get("content-encoding"), "gzip");
    assert.match(zipped.headers.get("vary") ?? "", /accept-encoding/i);
    assert.ok(zipped.text.length < large.length / 4, `${zipped.text.length} of ${large.length}`);
    assert.equal(zipped.headers.get("etag"), 'W/"a"');
    const plain = await rawRequest(url, "GET", "/list");
    assert.equal(plain.headers.get("content-encoding"), null);
    assert.ok(plain.text.includes("task_499"));
    const events = await rawRequest(url, "GET", "/events", "", { "accept-encoding": "gzip" });
    assert.equal(events.headers.get("content-encoding"), null);
  } finally {
    await listener.shutdown();
  }
});
