/** HEAD beside GET: the same status and headers, no body, nothing changed. */
import assert from "node:assert/strict";
import { patternOf } from "../../http/pattern.ts";
import { manifest } from "../../routes/_manifest.ts";
import { boot, V0 } from "../_harness.ts";
import { create, V1 } from "../_support/background.ts";
import { register } from "../_support/scenarios.ts";

Deno.test("HEAD answers with the status and headers of GET, at every path that has one", async (t) => {
  await using harness = await boot();
  await register(harness, "a");
  harness.fill("a", { "sub/file.txt": "text" });
  await create(harness);
  const { api_key } = await harness.app.keys.create("k", "admin");
  const { project_key } = (await harness.app.projects.list())[0]!;
  const headers = { authorization: `Bearer ${api_key}` };
  await harness.call("DELETE", `/public/${project_key}/users/u`, {}, headers);
  const base = `/public/${project_key}`;
  const paths = [
    ...[
      "/healthz",
      "/openapi.json",
      "/docs",
      "/docs/start.js",
      "/docs/swagger-ui.css",
      "/docs/none",
      "/nowhere",
    ],
    ...[`${V0}/tasks`, `${V0}/tasks?limit=1`, `${V0}/tasks?limit=x`, `${V0}/tasks/a`, `${V0}/tasks/none`],
    ...[`${V0}/deletions`, `${V0}/deletions/verify`],
    ...[
      `${V0}/tasks/a/files`,
      `${V0}/tasks/a/files/sub/file.txt`,
      `${V0}/tasks/a/files/none`,
      `${V0}/tasks/a/logs`,
    ],
    ...[`${V0}/jobs/1`, `${V0}/jobs/2`, `${V0}/jobs/x`, `${V0}/nowhere`],
    ...[V1, `${V1}?page=1`, `${V1}/1`, `${V1}/2`, `${V1}/1/events`, `${V1}/2/events`],
    ...[`${base}/jobs`, `${base}/jobs/1`, `${base}/jobs/x`, "/public/none/jobs"],
  ];
  const before = await harness.app.tasks.get("a");
  for (const path of paths) {
    await t.step(path, async () => {
      const abort = new AbortController();
      const got = await fetch(harness.url + path, { headers, signal: abort.signal });
      const isStream = got.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
      const length = isStream ? null : String((await got.arrayBuffer()).byteLength);
      if (isStream) await got.body?.cancel();
      const head = await fetch(harness.url + path, { method: "HEAD", headers });
      assert.equal((await head.arrayBuffer()).byteLength, 0);
      assert.equal(head.status, got.status);
      assert.equal(head.headers.get("content-length"), length);
      assert.deepEqual(comparable(head), comparable(got));
    });
  }
  assert.deepEqual(await harness.app.tasks.get("a"), before);
  await t.step("no route was forgotten", () => {
    for (const [file, module] of Object.entries(manifest.routes)) {
      if (module.GET === undefined) continue;
      const pattern = new URLPattern({
        pathname: patternOf(file).template.replaceAll(/\{(\w+)\}/g, ":$1"),
      });
      const asked = paths.some((path) => pattern.test({ pathname: path.split("?")[0] }));
      assert.ok(asked, `no path of this test is one of ${file}`);
    }
  });
});

Deno.test("HEAD of a path without GET is 405", async () => {
  await using harness = await boot();
  const response = await fetch(`${harness.url}${V1}/claim`, { method: "HEAD" });
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "POST"]);
});

Deno.test("HEAD with If-None-Match is 304 where GET is", async () => {
  await using harness = await boot();
  const etag = (await harness.call("GET", `${V0}/tasks`)).headers.get("etag")!;
  const head = await fetch(`${harness.url}${V0}/tasks`, {
    method: "HEAD",
    headers: { "if-none-match": etag },
  });
  assert.deepEqual([head.status, head.headers.get("etag")], [304, etag]);
});

/** The headers that do not name this very answer. */
function comparable({ headers }: Response): [string, string][] {
  const own = ["date", "x-request-id", "content-length", "transfer-encoding", "vary"];
  return [...headers].filter(([name]) => !own.includes(name)).sort();
}
