/** The OpenAPI 3.1 document, made from the endpoints' own declarations. */
import { z } from "zod";
import { answerExample, bodyExample, eventsExample, type Example, failureExample } from "./examples.ts";
import type { Family } from "./family.ts";
import type { Endpoint, Method } from "./endpoint.ts";
import { answersOf, type DeclaredAnswer } from "./declared.ts";
import type { Route } from "./router.ts";

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  required?: string[];
  [key: string]: unknown;
}

export function openapiDocument(routes: readonly Route[], version: string): unknown {
  const schemas: Record<string, JsonSchema> = {};
  const paths = Object.fromEntries(routes.map((route) => [
    route.pattern.template,
    Object.fromEntries(
      Object.entries(route.endpoints).map(([method, endpoint]) => {
        const id = operationId(method, route.pattern.template);
        const operation = new Operation({ id, endpoint, family: route.family, schemas });
        return [method.toLowerCase(), operation.describe(method as Method, route)];
      }),
    ),
  ]));
  return {
    openapi: "3.1.0",
    info: { title: "Pipekeep", version },
    paths,
    components: { schemas, securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
  };
}

/** `GET /api/v1/tasks/{id}` → `get_api_v1_tasks_id`. */
function operationId(method: string, template: string): string {
  return [method.toLowerCase(), ...template.match(/\w+/g) ?? []].join("_");
}

/** The first literal parts that say what it is about: `/api/v0/…`, `/public/…`. */
function tagOf(template: string): string {
  return /^\/(api\/v\d+|public)\//.exec(template)?.[1] ?? "server";
}

interface OperationDependencies {
  id: string;
  endpoint: Endpoint;
  family: Family;
  /** Of the whole document; schemas with a name are put here. */
  schemas: Record<string, JsonSchema>;
}

class Operation {
  readonly #deps: OperationDependencies;

  constructor(dependencies: OperationDependencies) {
    this.#deps = dependencies;
  }

  describe(method: Method, route: Route): unknown {
    const { endpoint } = this.#deps;
    const open = endpoint.access === "open" && !this.#deps.family.always_keyed;
    return {
      operationId: this.#deps.id,
      tags: [tagOf(route.pattern.template)],
      summary: endpoint.summary,
      ...(endpoint.description !== undefined && { description: endpoint.description }),
      "x-access": endpoint.access,
      security: open ? [] : [{ bearer: [] }],
      parameters: [
        ...this.#parameters("path", endpoint.params?.()),
        ...this.#parameters("query", endpoint.query?.()),
      ],
      ...(endpoint.body && {
        requestBody: { required: true, content: this.#body(endpoint.body()) },
      }),
      responses: this.#responses(method),
    };
  }

  #responses(method: Method): unknown {
    const responses: Record<number, unknown> = {};
    for (const [status, answer] of answersOf(method, this.#deps.endpoint, this.#deps.family)) {
      const headers = { "x-request-id": "names the request in the log", ...answer.headers };
      responses[status] = {
        description: this.#deps.endpoint.responses[status]?.description ?? MEANINGS[status] ?? "Refused",
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, description]) => [name, header(description)]),
        ),
        ...(answer.content.length > 0 && { content: this.#content(status, answer) }),
        ...(answer.errors.length > 0 && { "x-error-codes": answer.errors }),
      };
    }
    return responses;
  }

  /** Media type → what is sent of it: JSON of a schema, or text. */
  #content(status: number, answer: DeclaredAnswer): unknown {
    const { schema, content } = answer;
    return Object.fromEntries(content.map((type) => [
      type,
      schema !== undefined && type === "application/json"
        ? { schema: this.#schema(schema, "output"), ...this.#examples(status, answer) }
        : { schema: { type: "string" }, ...this.#events(status) },
    ]));
  }

  #examples(status: number, { errors }: DeclaredAnswer): Record<string, unknown> {
    const { endpoint, family } = this.#deps;
    if (errors.length === 0) return exampleIn(answerExample(endpoint, status, family));
    const examples = errors.map((code) => [code, { value: failureExample(code, endpoint, family) }]);
    return { examples: Object.fromEntries(examples) };
  }

  #events(status: number): Record<string, unknown> {
    const { events } = this.#deps.endpoint.responses[status] ?? {};
    if (events === undefined) return {};
    const schemas = Object.entries(events).map(([name, data]) => [name, this.#schema(data(), "output")]);
    return {
      "x-events": Object.fromEntries(schemas),
      ...exampleIn(eventsExample(this.#deps.endpoint, status, this.#deps.family)),
    };
  }

  #body(schema: z.ZodType): unknown {
    const example = exampleIn(bodyExample(this.#deps.endpoint, this.#deps.family));
    return { "application/json": { schema: this.#schema(schema, "input"), ...example } };
  }

  #parameters(place: "path" | "query", schema: z.ZodType | undefined): unknown[] {
    if (schema === undefined) return [];
    const { properties = {}, required = [] } = this.#schema(schema, "input");
    return Object.entries(properties).map(([name, { description, ...itsSchema }]) => ({
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description !== undefined && { description }),
      schema: itsSchema,
      ...(place === "path" && Object.hasOwn(this.#deps.family.examples, name) && {
        example: this.#deps.family.examples[name],
      }),
    }));
  }

  /** Moves the definitions that a schema brings along to the document's, under names that nobody else has. */
  #schema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const nameOf = (name: string) => name.startsWith("__") ? `${this.#deps.id}_${io}${name}` : name;
    const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: "any" }))
      .replaceAll(
        /"#\/\$defs\/([^"/]+)"/g,
        (_, name) => JSON.stringify(`#/components/schemas/${nameOf(name)}`),
      );
    const { $schema: _, $id: _id, id: _name, $defs = {}, ...rest } = JSON.parse(text);
    for (const [name, definition] of Object.entries<JsonSchema>($defs)) {
      const { id: _, ...named } = definition;
      this.#deps.schemas[nameOf(name)] ??= named;
    }
    return rest;
  }
}

/** Nothing where a field has no value: no example is better than a wrong one, and the tests name the field. */
function exampleIn(example: Example | undefined): Record<string, unknown> {
  return example === undefined || example.missing.length > 0 ? {} : { example: example.value };
}

function header(description: string): unknown {
  return { description, schema: { type: "string" } };
}

const MEANINGS: Record<number, string> = {
  304: "Still what `If-None-Match` names",
  400: "The request does not fit; the message says where",
  401: "A valid key is needed",
  403: "Not permitted",
  404: "No such thing",
  408: "The body did not arrive in time",
  409: "Not in the state that it is in",
  413: "The body is too large",
  414: "The URL is too long",
  421: "Addressed to another host",
  429: "Too many wrong keys",
  500: "The server's fault; its log has the details",
  503: "training_data is not available",
};
