import assert from "node:assert/strict";
import { manifest } from "../../routes/_manifest.ts";
import { patternOf } from "../../http/pattern.ts";
import { boot } from "../_harness.ts";
import { Validator } from "@seriousme/openapi-schema-validator";

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

Deno.test("GET /openapi.json refers to nothing that is not in it, and names each operation once", async () => {
  await using server = await boot();
  const { body } = await server.call("GET", "/openapi.json");
  assert.equal(body.info.version, "0.0.0-test");
  const refs = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
  assert.ok(refs.length > 50);
  for (const ref of refs) {
    const name = /^#\/components\/schemas\/([\w.-]+)$/.exec(ref)?.[1];
    assert.ok(name !== undefined && Object.hasOwn(body.components.schemas, name), ref);
  }
  const ids = Object.values<Record<string, { operationId: string }>>(body.paths)
    .flatMap((path) => Object.values(path).map((operation) => operation.operationId));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(body.paths["/healthz"].get.security, []);
  assert.deepEqual(body.paths["/api/v1/tasks"].get.security, [{ bearer: [] }]);
});

Deno.test("GET /openapi.json is valid OpenAPI 3.1", async () => {
  await using server = await boot();
  const { body } = await server.call("GET", "/openapi.json");
  const { valid, errors } = await new Validator().validate(body);
  assert.ok(valid, JSON.stringify(errors));
  delete body.info.version;
  assert.equal((await new Validator().validate(body)).valid, false);
});

Deno.test("GET /openapi.json lists errors only where they can occur, with their codes", async () => {
  await using server = await boot();
  const { body } = await server.call("GET", "/openapi.json");
  const statuses = (path: string, method: string) =>
    Object.keys(body.paths[path][method].responses).join(" ");
  assert.equal(statuses("/healthz", "get"), "200 400 414 421 500");
  assert.equal(statuses("/api/v0/data_pipeline/tasks", "get"), "200 304 400 401 414 421 429 500");
  assert.equal(statuses("/api/v1/tasks/claim", "post"), "200 204 400 401 403 408 413 414 421 429 500");
  const { responses } = body.paths["/api/v0/data_pipeline/tasks/{task_id}"].delete;
  assert.deepEqual(responses[403]["x-error-codes"], [
    "foreign_origin",
    "role_too_low",
    "path_forbidden",
    "permission_denied",
  ]);
  assert.deepEqual(responses[409]["x-error-codes"], ["task_running", "deletion_in_progress"]);
});
