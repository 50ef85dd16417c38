/** Every route × who asks × how the server is exposed, from the manifest itself (api.md 4). */
import assert from "node:assert/strict";
import type { Endpoint } from "../../http/endpoint.ts";
import { patternOf } from "../../http/pattern.ts";
import { manifest } from "../../routes/_manifest.ts";
import { boot, type Harness } from "../_harness.ts";

type Exposure = "open loopback" | "keyed" | "non-loopback";
type Caller = "no key" | "wrong key" | "read" | "write" | "admin";
const EXPOSURES: Exposure[] = ["open loopback", "keyed", "non-loopback"];
const CALLERS: Caller[] = ["no key", "wrong key", "read", "write", "admin"];
const RANK = { open: -1, read: 0, write: 1, admin: 2 };

const OPERATIONS = Object.entries(manifest.routes).flatMap(([file, module]) =>
  Object.entries(module as Record<string, Endpoint>).map(([method, endpoint]) => ({ file, method, endpoint }))
);

/** What access control answers: the status it refuses with, or undefined when it lets the request through. */
function refusal(file: string, endpoint: Endpoint, exposure: Exposure, caller: Caller): number | undefined {
  const { access } = endpoint;
  if (access === "open") return undefined;
  const isStranger = caller === "no key" || caller === "wrong key";
  if (isStranger) return exposure === "open loopback" && !file.startsWith("public/") ? undefined : 401;
  return RANK[caller] >= RANK[access] ? undefined : 403;
}

for (const exposure of EXPOSURES) {
  Deno.test(`access is as the contract says, ${exposure}: every route and caller`, async () => {
    await using server = await boot({ open_without_keys: exposure !== "non-loopback" });
    const keys = new Map<Caller, string>([["wrong key", `pk_${"0".repeat(12)}_${"0".repeat(48)}`]]);
    if (exposure !== "open loopback") {
      for (const role of ["read", "write", "admin"] as const) {
        keys.set(role, (await server.app.keys.create(role, role)).api_key);
      }
    }
    assert.ok(OPERATIONS.length >= 8);
    for (const { file, method, endpoint } of OPERATIONS) {
      for (const caller of CALLERS) {
        if (exposure === "open loopback" && !["no key", "wrong key"].includes(caller)) continue;
        const answer = await ask(server, method, file, keys.get(caller));
        const expected = refusal(file, endpoint, exposure, caller);
        const what = `${method} ${file} with ${caller}: ${answer.status}`;
        if (expected === undefined) assert.ok(![401, 403, 429].includes(answer.status), what);
        else assert.equal(answer.status, expected, what);
        if (expected === 401) assert.equal(answer.headers.get("www-authenticate"), "Bearer");
      }
    }
  });
}

/** A request that changes nothing: parameters that name nothing, and a body that no endpoint takes. */
async function ask(
  server: Harness,
  method: string,
  file: string,
  key: string | undefined,
): Promise<Response> {
  const path = patternOf(file).template.replaceAll(
    /\{(\w+)\}/g,
    (_, name) => /id$/i.test(name) ? "999999" : "none",
  );
  const response = await fetch(server.url + path, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(method !== "GET" && { body: '{"no such field": 1}' }),
  });
  await response.body?.cancel();
  return response;
}

Deno.test("access ends at once for a key that another process revoked, and its name is the log's who", async () => {
  await using server = await boot();
  const { api_key } = await server.app.keys.create("night shift", "write");
  const headers = { authorization: `Bearer ${api_key}` };
  server.fill("task_a", { "a.txt": "a" });
  const remove = { task_ids: ["task_a"], confirm: true };
  assert.equal(
    (await server.call("DELETE", "/api/v0/data_pipeline/tasks", remove, headers)).body.success,
    true,
  );
  const log = await server.call("GET", "/api/v0/data_pipeline/deletions", undefined, headers);
  assert.equal(log.body.data.deletions[0].who, "night shift");
  const revoke = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "main.ts",
      "keys",
      "revoke",
      "night shift",
      "--database",
      `${server.folder}/pipekeep.db`,
    ],
    cwd: new URL("../..", import.meta.url).pathname,
  });
  assert.equal((await revoke.output()).code, 0);
  assert.equal((await server.call("GET", "/api/v0/data_pipeline/tasks", undefined, headers)).status, 401);
  // The last key is revoked, and still strangers stay out.
  assert.equal((await server.call("GET", "/api/v0/data_pipeline/tasks")).status, 401);
  assert.equal((await server.call("GET", "/healthz")).status, 200);
});

Deno.test("access answers wrong keys with 429 and Retry-After after a while, and lets the right one through", async () => {
  let now = Date.now();
  await using server = await boot({ seams: { clock: () => now } });
  const { api_key } = await server.app.keys.create("a", "read");
  const ask = (key: string) =>
    server.call("GET", "/api/v0/data_pipeline/tasks", undefined, { authorization: `Bearer ${key}` });
  for (let i = 0; i < 60; i++) assert.equal((await ask(`guess${i}`)).status, 401);
  const refused = await ask("guess");
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal((await ask(api_key)).status, 200);
  now += 1000;
  assert.equal((await ask("guess")).status, 401);
  assert.equal((await ask("guess")).status, 429);
});

Deno.test("access is refused to foreign hosts (421) and foreign pages (403), and nothing happens", async () => {
  await using server = await boot();
  server.fill("task_a", { "a.txt": "a" });
  const before = await server.snapshot();
  const body = { task_ids: ["task_a"], confirm: true };
  const path = "/api/v0/data_pipeline/tasks";
  const foreign = await server.call("DELETE", path, body, { origin: "https://evil.example" });
  assert.equal(foreign.status, 403);
  assert.equal(foreign.body.success, false);
  const { port } = new URL(server.url);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const text = JSON.stringify(body);
  const request = `DELETE ${path} HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n` +
    `Content-Length: ${text.length}\r\n\r\n${text}`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  assert.match(answer, /^HTTP\/1.1 421 /);
  assert.deepEqual(await server.snapshot(), before);
});
