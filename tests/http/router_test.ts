import assert from "node:assert/strict";
import { endpoint } from "../../http/endpoint.ts";
import { Router } from "../../http/router.ts";

const GET = endpoint({
  summary: "",
  access: "open",
  responses: {},
  handler: () => ({ data: null }) as never,
});

Deno.test("Router finds a literal before a parameter, and a parameter before one that takes the rest", () => {
  const files = [
    "files/[...path].ts",
    "files/[name].ts",
    "files/all.ts",
    "files/index.ts",
    "other/[...path].ts",
  ];
  const router = new Router({
    routes: Object.fromEntries(files.map((file) => [file, { GET }])),
    families: {},
  });
  const table: [path: string, file: string | undefined, parameters?: Record<string, string>][] = [
    ["/files", "files/index.ts", {}],
    ["/files/all", "files/all.ts", {}],
    ["/files/a", "files/[name].ts", { name: "a" }],
    ["/files/a/b", "files/[...path].ts", { path: "a/b" }],
    ["/other/a", "other/[...path].ts", { path: "a" }],
    ["/other", undefined],
  ];
  for (const [path, file, parameters] of table) {
    const match = router.match(path);
    assert.equal(match?.route.file, file, path);
    assert.deepEqual(match?.parameters, parameters, path);
  }
});
