import assert from "node:assert/strict";
import { boot } from "../_harness.ts";

const FILES: [path: string, type: RegExp, content: RegExp][] = [
  ["/docs", /^text\/html/, /<div id="docs">/],
  ["/docs/swagger-ui.css", /^text\/css/, /\.swagger-ui/],
  ["/docs/swagger-ui-bundle.js", /^text\/javascript/, /SwaggerUIBundle/],
  ["/docs/start.js", /^text\/javascript/, /\/openapi\.json/],
];

Deno.test("GET /docs shows the API with files of this server alone, under a strict policy", async () => {
  await using server = await boot();
  for (const [path, type, content] of FILES) {
    const response = await fetch(server.url + path);
    const text = await response.text();
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get("content-type") ?? "", type);
    assert.match(text, content);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'self'/);
    assert.ok(!policy.includes("unsafe"), policy);
  }
  const page = await (await fetch(`${server.url}/docs`)).text();
  const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
  assert.deepEqual(named.toSorted(), FILES.slice(1).map(([path]) => path).toSorted());
  assert.ok(!/<script>|<style|\sstyle=|\son\w+=/.test(page), "nothing inline");
});

Deno.test("GET /docs/{asset} knows its files alone", async () => {
  await using server = await boot();
  for (const name of ["x.js", "..%2Fdeno.json", "__proto__", ""]) {
    const { status } = await server.call("GET", `/docs/${name}`);
    assert.ok(status === 400 || status === 404, `${name}: ${status}`);
  }
});

Deno.test("GET /docs wants a key where the rest does", async () => {
  await using server = await boot({ open_without_keys: false });
  for (const [path] of FILES) assert.equal((await server.call("GET", path)).status, 401);
});
