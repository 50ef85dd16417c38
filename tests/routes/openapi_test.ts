import assert from "node:assert/strict";
import { manifest } from "../../routes/_manifest.ts";
import { patternOf } from "../../http/pattern.ts";
import { boot } from "../_harness.ts";

Deno.test("GET /openapi.json describes every route and method, with its parameters and body", async () => {
  await using server = await boot();
  const { status, body } = await server.call("GET", "/openapi.json");
  assert.equal(status, 200);
  assert.equal(body.openapi, "3.1.0");
  for (const [file, module] of Object.entries(manifest.routes)) {
    const { template } = patternOf(file);
    for (const method of Object.keys(module)) {
      const operation = body.paths[template]?.[method.toLowerCase()];
      assert.ok(operation?.summary, `${method} ${template}`);
      const inPath = operation.parameters.filter((p: { in: string }) => p.in === "path").map((
        p: { name: string },
      ) => p.name);
      assert.deepEqual(inPath, [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]), template);
    }
  }
  const remove = body.paths["/api/v0/data_pipeline/tasks"].delete;
  const schema = remove.requestBody.content["application/json"].schema;
  assert.deepEqual(schema.required, ["task_ids"]);
  assert.equal(schema.additionalProperties, false);
  assert.equal(schema.properties.task_ids.maxItems, 1000);
});
