import assert from "node:assert/strict";
import { boot, V0 } from "../_harness.ts";
import { checkHostAndOrigin, isLoopback } from "../../http/host_and_origin.ts";

Deno.test("isLoopback knows this machine's own names", () => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", ""]) {
    assert.ok(!isLoopback(host), host);
  }
});

Deno.test("checkHostAndOrigin refuses foreign hosts, and foreign pages that would change something", () => {
  const config = { host: "10.0.0.5", allowed_hosts: ["pipe.example"] };
  const table: [method: string, url: string, origin: string | undefined, code: string | undefined][] = [
    ["GET", "http://localhost:8084/", undefined, undefined],
    ["GET", "http://10.0.0.5:8084/", undefined, undefined],
    ["GET", "http://PIPE.example/", undefined, undefined],
    ["GET", "http://evil.example:8084/", undefined, "foreign_host"],
    ["GET", "http://10.0.0.6/", undefined, "foreign_host"],
    ["DELETE", "http://localhost:8084/", "http://localhost:8084", undefined],
    ["DELETE", "http://localhost:8084/", "http://localhost:8085", "foreign_origin"],
    ["DELETE", "http://localhost:8084/", "https://evil.example", "foreign_origin"],
    ["DELETE", "http://localhost:8084/", "null", "foreign_origin"],
    ["POST", "http://localhost:8084/", "http://127.0.0.1:8084", "foreign_origin"],
    ["GET", "http://localhost:8084/", "https://evil.example", undefined],
  ];
  for (const [method, url, origin, code] of table) {
    const headers = { host: new URL(url).host, ...(origin !== undefined && { origin }) };
    const request = new Request(url, { method, headers });
    const look = () => checkHostAndOrigin(request, new URL(url), config);
    if (code === undefined) look();
    else assert.throws(look, { code }, `${method} ${url} ${origin}`);
  }
});

Deno.test("checkHostAndOrigin wants the Host header and the URL to name this server", () => {
  const config = { host: "10.0.0.5", allowed_hosts: ["pipe.example"] };
  const url = "http://localhost:8084/";
  const table: [host: string | undefined, url: string, code: string | undefined][] = [
    ["localhost:8084", url, undefined],
    ["pipe.example", url, undefined],
    ["127.0.0.1", url, undefined],
    ["[::1]:8084", url, undefined],
    ["evil.example", url, "foreign_host"],
    ["evil.example:8084", url, "foreign_host"],
    ["localhost:8084", "http://evil.example/", "foreign_host"],
    ["localhost.evil.example", url, "foreign_host"],
    [undefined, url, "invalid_host"],
    ["", url, "invalid_host"],
    ["a b", url, "invalid_host"],
    ["localhost:99999", url, "invalid_host"],
    ["evil.example@localhost", url, "invalid_host"],
    ["localhost, evil.example", url, "invalid_host"],
  ];
  for (const [host, url, code] of table) {
    const request = new Request(url, { headers: host === undefined ? {} : { host } });
    const look = () => checkHostAndOrigin(request, new URL(url), config);
    if (code === undefined) look();
    else assert.throws(look, { code }, `${host} ${url}`);
  }
});

Deno.test("a request without Host is 400, one to somebody else 421, whatever its request line says", async (t) => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "kept" });
  const { port, host } = new URL(server.url);
  const table: [head: string, status: number][] = [
    [`GET /healthz HTTP/1.1\r\nHost: ${host}`, 200],
    [`GET http://${host}/healthz HTTP/1.1\r\nHost: ${host}`, 200],
    [`GET http://localhost:${port}/healthz HTTP/1.1\r\nHost: ${host}`, 200],
    ["GET /healthz HTTP/1.1", 400],
    [`GET http://${host}/healthz HTTP/1.1`, 400],
    ["GET /healthz HTTP/1.1\r\nHost:", 400],
    [`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nHost: ${host}`, 400],
    [`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example`, 400],
    ["GET /healthz HTTP/1.1\r\nHost: a b", 400],
    ["GET /healthz HTTP/1.1\r\nHost: localhost:99999", 400],
    ["GET /healthz HTTP/1.1\r\nHost: evil.example@localhost", 400],
    ["GET /healthz HTTP/1.1\r\nHost: evil.example", 421],
    [`GET http://${host}/healthz HTTP/1.1\r\nHost: evil.example`, 421],
    [`GET http://evil.example/healthz HTTP/1.1\r\nHost: ${host}`, 421],
    [`DELETE ${V0}/tasks/kept HTTP/1.1\r\nContent-Length: 16\r\nHost: evil.example`, 421],
    [`DELETE http://${host}${V0}/tasks/kept HTTP/1.1\r\nContent-Length: 16\r\nHost: evil.example`, 421],
    [`DELETE ${V0}/tasks/kept HTTP/1.1\r\nContent-Length: 16`, 400],
  ];
  for (const [head, status] of table) {
    await t.step(head.replaceAll("\r\n", " | "), async () => {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      const request = `${head}\r\nConnection: close\r\n\r\n${
        head.startsWith("DELETE") ? '{"confirm":true}' : ""
      }`;
      await connection.write(new TextEncoder().encode(request));
      const answer = await new Response(connection.readable).text();
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    });
  }
  assert.equal((await server.call("GET", `${V0}/tasks/kept`)).body.data.directory_exists, true);
});
