/** The OpenAPI 3.1 document, made from the endpoints' own declarations. */
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import type { Route } from "./router.ts";

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  required?: string[];
  [key: string]: unknown;
}

export function openapiDocument(routes: readonly Route[]): unknown {
  const paths = Object.fromEntries(
    routes.map((route) => [
      route.pattern.template,
      Object.fromEntries(
        Object.entries(route.endpoints).map((
          [method, endpoint],
        ) => [method.toLowerCase(), operation(endpoint)]),
      ),
    ]),
  );
  return { openapi: "3.1.0", info: { title: "Pipekeep", version: "1" }, paths };
}

function operation(endpoint: Endpoint): unknown {
  return {
    summary: endpoint.summary,
    ...(endpoint.description !== undefined && { description: endpoint.description }),
    "x-access": endpoint.access,
    parameters: [...parameters("path", endpoint.params), ...parameters("query", endpoint.query)],
    ...(endpoint.body && {
      requestBody: { content: { "application/json": { schema: jsonSchema(endpoint.body) } } },
    }),
    responses: Object.fromEntries(
      Object.entries(endpoint.responses).map(([status, description]) => [status, { description }]),
    ),
  };
}

function parameters(place: "path" | "query", schema: z.ZodType | undefined): unknown[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema);
  return Object.entries(properties).map(([name, { description, ...itsSchema }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema: itsSchema,
  }));
}

function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest as JsonSchema;
}
