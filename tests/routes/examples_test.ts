/** The document's examples, each against the schema that it is an example of. */
import assert from "node:assert/strict";
import { answersOf } from "../../http/declared.ts";
import type { Endpoint, Method } from "../../http/endpoint.ts";
import {
  answerExample,
  bodyExample,
  eventsExample,
  type Example,
  failureExample,
} from "../../http/examples.ts";
import { Router } from "../../http/router.ts";
import { manifest } from "../../routes/_manifest.ts";
import { assertFrame } from "../_support/declared.ts";
import { boot } from "../_harness.ts";
import type { z } from "zod";

const OPERATIONS = new Router(manifest).routes.flatMap(({ endpoints, family, pattern: { template } }) =>
  Object.entries(endpoints).map(([method, endpoint]) => ({
    name: `${method} ${template}`,
    method: method as Method,
    template,
    endpoint: endpoint as Endpoint,
    family,
  }))
);

function assertFits(example: Example | undefined, schema: z.ZodType, what: string): void {
  assert.ok(example, what);
  assert.deepEqual(example.missing, [], `${what}: fields for which the family's _examples.ts has no value`);
  const result = schema.safeParse(example.value);
  assert.ok(result.success, `${what}: ${JSON.stringify(example.value)}: ${result.error}`);
}

for (const { name, method, endpoint, family } of OPERATIONS) {
  Deno.test(`${name} has an example of its body, and of each of its answers`, () => {
    if (endpoint.body) assertFits(bodyExample(endpoint, family), endpoint.body(), "body");
    for (const [status, { schema, errors }] of answersOf(method, endpoint, family)) {
      for (const code of errors) {
        const value = failureExample(code, endpoint, family);
        assertFits({ value, missing: [] }, schema!, code);
      }
      if (errors.length === 0 && schema) {
        assertFits(answerExample(endpoint, status, family), schema, `${status}`);
      }
    }
  });
}

Deno.test("GET /openapi.json has every example, an event stream's too", async () => {
  await using server = await boot();
  const { body } = await server.call("GET", "/openapi.json");
  for (const { name, method, template, endpoint, family } of OPERATIONS) {
    const operation = body.paths[template][method.toLowerCase()];
    if (endpoint.body) {
      assert.deepEqual(
        operation.requestBody.content["application/json"].example,
        bodyExample(endpoint, family)!.value,
        name,
      );
    }
    for (const [status, { schema, errors }] of answersOf(method, endpoint, family)) {
      const media = operation.responses[status].content?.["application/json"];
      if (errors.length > 0) assert.deepEqual(Object.keys(media.examples), errors, `${name} ${status}`);
      else if (schema) assert.ok("example" in media, `${name} ${status}`);
    }
  }
  const { endpoint, family } = OPERATIONS.find(({ template }) => template.endsWith("/events"))!;
  const stream = body.paths["/api/v1/tasks/{id}/events"].get.responses[200].content["text/event-stream"];
  assert.equal(stream.example, eventsExample(endpoint, 200, family)!.value);
  assertFrame(stream.example.trimEnd(), endpoint.responses[200]!.events!);
});
