import assert from "node:assert/strict";
import { endpoint } from "../../http/endpoint.ts";
import { type Family, plainFamily } from "../../http/family.ts";
import { Router, selectEndpoint } from "../../http/router.ts";

const of = (summary: string) =>
  endpoint({
    summary,
    access: "open",
    responses: { 204: { description: "Nothing" } },
    handler: () => ({ status: 204, body: null }),
  });

const api: Family = { ...plainFamily };
const router = new Router({
  routes: {
    "healthz.ts": { GET: of("health") },
    "api/[id].ts": { GET: of("one"), DELETE: of("delete") },
    "api/claim.ts": { POST: of("claim") },
    "api/[id]/steps/[step].ts": { PATCH: of("step") },
  },
  families: { "api/_family.ts": { family: api } },
});

Deno.test("Router.matchRoute finds the route, its parameters as they were sent, and who answers", () => {
  const table: [
    path: string,
    file: string | undefined,
    parameters: Record<string, string>,
    family: Family,
  ][] = [
    ["/healthz", "healthz.ts", {}, plainFamily],
    ["/api/a%2fb", "api/[id].ts", { id: "a%2fb" }, api],
    ["/api/claim", "api/claim.ts", {}, api],
    ["/api/", "api/[id].ts", { id: "" }, api],
    ["/api/a/steps/b", "api/[id]/steps/[step].ts", { id: "a", step: "b" }, api],
    ["/api//steps/b", undefined, {}, api],
    ["/api", undefined, {}, api],
    ["/apis/a", undefined, {}, plainFamily],
    ["/", undefined, {}, plainFamily],
  ];
  for (const [path, file, parameters, family] of table) {
    const place = router.matchRoute(path);
    assert.equal(place.route?.file, file, path);
    assert.deepEqual(place.parameters, parameters, path);
    assert.equal(place.family, family, path);
  }
});

Deno.test("selectEndpoint takes GET for HEAD, and refuses other methods with those that there are", () => {
  const { route } = router.matchRoute("/api/a");
  assert.equal(selectEndpoint("GET", route).summary, "one");
  assert.equal(selectEndpoint("HEAD", route).summary, "one");
  assert.equal(selectEndpoint("DELETE", route).summary, "delete");
  for (const method of ["POST", "get", "constructor", "__proto__", "OPTIONS"]) {
    assert.throws(() => selectEndpoint(method, route), {
      code: "method_not_allowed",
      details: { allow: ["GET", "HEAD", "DELETE"] },
    });
  }
  assert.throws(() => selectEndpoint("HEAD", router.matchRoute("/api/claim").route), {
    code: "method_not_allowed",
  });
  assert.throws(() => selectEndpoint("GET", undefined), { code: "route_not_found" });
});

Deno.test("Router finds a literal before a parameter, and a parameter before one that takes the rest", () => {
  const files = [
    "files/[...path].ts",
    "files/[name].ts",
    "files/all.ts",
    "files/index.ts",
    "other/[...path].ts",
  ];
  const other = new Router({
    routes: Object.fromEntries(files.map((file) => [file, { GET: of(file) }])),
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
    const match = other.matchRoute(path);
    assert.equal(match.route?.file, file, path);
    if (parameters !== undefined) assert.deepEqual(match.parameters, parameters, path);
  }
});
