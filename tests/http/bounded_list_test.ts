import assert from "node:assert/strict";
import { z } from "zod";
import { boundedList } from "../../http/bounded_list.ts";
import { boot, V0 } from "../_harness.ts";
import { V1 } from "../_support/background.ts";

Deno.test("boundedList looks at no element of a list that is too long", () => {
  let looked = 0;
  const element = z.string().refine(() => ++looked > 0);
  const schema = z.strictObject({
    a: boundedList(element, { min: 1, max: 3 }, { tooMany: "three at most" }),
  });
  const issuesOf = (a: unknown) =>
    schema.safeParse({ a }).error?.issues.map(({ message, path }) => [message, path]);
  assert.deepEqual(issuesOf(["x", "x", "x"]), undefined);
  assert.equal(looked, 3);
  assert.deepEqual(issuesOf(["x", "x", "x", "x"]), [["three at most", ["a"]]]);
  assert.equal(looked, 3);
  assert.equal(issuesOf([])?.length, 1);
  assert.equal(issuesOf("x")?.length, 1);
  assert.equal(issuesOf(undefined)?.length, 1);
});

Deno.test("boundedList says its bounds in the OpenAPI document, and may be optional or have a default", () => {
  const list = boundedList(z.string(), { min: 1, max: 3 });
  const schema = z.strictObject({ a: list, b: list.optional(), c: list.default(["x"]) });
  assert.deepEqual(schema.parse({ a: ["y"] }), { a: ["y"], c: ["x"] });
  const { properties, required } = z.toJSONSchema(schema, { io: "input" });
  assert.deepEqual(properties?.a, { type: "array", items: { type: "string" }, minItems: 1, maxItems: 3 });
  assert.deepEqual(required, ["a"]);
});

Deno.test("a MiB of wrong elements is refused at once, with a small answer, in every list", async (t) => {
  await using server = await boot();
  const { api_key } = await server.app.keys.create("k", "admin");
  const headers = { authorization: `Bearer ${api_key}` };
  const base = `/public/${(await server.app.projects.list())[0]!.project_key}`;
  const table: [method: string, path: string, body: string, field: string][] = [
    ["POST", `${V1}/claim`, '{"task_types":@}', "task_types"],
    ["DELETE", `${V0}/tasks`, '{"task_ids":@,"confirm":true}', "task_ids"],
    ["POST", `${V0}/tasks`, '{"steps":@}', "steps"],
    ["POST", `${base}/jobs`, '{"action":"delete_tasks","params":{"task_ids":@}}', "params.task_ids"],
    ["POST", `${base}/jobs`, '{"action":"cleanup","params":{"older_than":"1d","status":@}}', "params.status"],
  ];
  const list = (element: string, count: number) => `[${Array(count).fill(element).join(",")}]`;
  const lists: [name: string, json: string][] = [
    ["numbers", list("1", 500_000)],
    ["short words", list('"x"', 250_000)],
    ["long words", list(`"${"务".repeat(3000)}"`, 100)],
    ["empty objects", list("{}", 340_000)],
    ["a few that are wrong", list("[[]]", 60)],
  ];
  for (const [method, path, body, field] of table) {
    for (const [name, json] of lists) {
      // Words that are no ids are the items' own failures.
      if (name === "long words" && field.endsWith("task_ids")) continue;
      await t.step(`${method} ${path} ${field}: ${name}`, async () => {
        const before = await server.snapshot();
        // The best of three: others work on this machine too.
        const times: number[] = [];
        for (let i = 0; i < 3; i++) {
          const started = performance.now();
          const answer = await fetch(server.url + path, { method, body: body.replace("@", json), headers });
          const bytes = new Uint8Array(await answer.arrayBuffer());
          times.push(performance.now() - started);
          const text = new TextDecoder().decode(bytes);
          assert.equal(answer.status, 400, text.slice(0, 500));
          assert.ok(bytes.length < 16 * 1024, `${bytes.length} bytes`);
          assert.ok(text.includes(field.split(".")[0]!), text.slice(0, 500));
        }
        assert.ok(Math.min(...times) < 500, `${times.map(Math.round)} ms`);
        assert.deepEqual(await server.snapshot(), before);
      });
    }
  }
});
