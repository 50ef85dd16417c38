import assert from "node:assert/strict";
import { guard, isLoopback } from "../../http/host_and_origin.ts";

Deno.test("isLoopback knows this machine's own names", () => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", ""]) {
    assert.ok(!isLoopback(host), host);
  }
});

Deno.test("guard refuses foreign hosts, and foreign pages that would change something", () => {
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
    const request = new Request(url, { method, headers: origin === undefined ? {} : { origin } });
    const look = () => guard(request, new URL(url), config);
    if (code === undefined) look();
    else assert.throws(look, { code }, `${method} ${url} ${origin}`);
  }
});
