/** Examples for the document: of schemas, filled with values by the names of their fields; and of refusals. */
import { z } from "zod";
import type { ErrorCode, ErrorDetails, FieldProblem } from "../domain/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { OPAQUE_MESSAGE, statusOf } from "./errors.ts";
import type { Family } from "./family.ts";
import { encodeEvent } from "./sse.ts";

/**
 * Name of a field → its value in examples. `Name.field` or `parent.field` goes before `field`: of the schema of that name,
 * or of the object that stands in that field. An optional field without a value is left out.
 */
export type ExampleValues = Readonly<Record<string, unknown>>;

/** A value that a schema accepts, and the fields that `values` should have named for it. */
export interface Example {
  value: unknown;
  missing: string[];
}

interface JsonSchema {
  [key: string]: unknown;
  $ref?: string;
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
}

/** An example of what `schema` reads (`input`) or gives (`output`). */
export function exampleOf(schema: z.ZodType, io: "input" | "output", values: ExampleValues): Example {
  const root = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  const definitions = (root.$defs ?? {}) as Record<string, JsonSchema>;
  const missing: string[] = [];

  const fill = (at: JsonSchema, name: string, owner: string): unknown => {
    for (const key of [`${owner}.${name}`, name]) if (Object.hasOwn(values, key)) return values[key];
    if ("const" in at) return at.const;
    if ("default" in at) return at.default;
    if (at.enum !== undefined) return at.enum[0];
    const [variant] = at.anyOf ?? at.oneOf ?? [];
    if (variant !== undefined) return fill(variant, name, owner);
    if (at.$ref !== undefined) {
      const id = at.$ref.replace("#/$defs/", "");
      return fill({ ...definitions[id], id }, name, id);
    }
    switch (at.type) {
      case "object":
        return fields(at, typeof at.id === "string" ? at.id : name);
      case "array":
        return at.items === undefined ? [] : [fill(at.items, name, owner)];
      case "boolean":
        return false;
      case "null":
        return null;
    }
    missing.push(`${owner}.${name}`);
  };

  const fields = ({ properties = {}, required = [] }: JsonSchema, owner: string): unknown =>
    Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => required.includes(name) || hasValue(values, owner, name))
        .map(([name, schema]) => [name, fill(schema, name, owner)]),
    );

  const value = fill(root as JsonSchema, "", typeof root.id === "string" ? root.id : "");
  return { value, missing };
}

function hasValue(values: ExampleValues, owner: string, name: string): boolean {
  return Object.hasOwn(values, `${owner}.${name}`) || Object.hasOwn(values, name);
}

/** An example of the body that `endpoint` takes; undefined when it takes none. */
export function bodyExample({ body, example }: Endpoint, family: Family): Example | undefined {
  if (body === undefined) return undefined;
  return example !== undefined
    ? { value: example, missing: [] }
    : exampleOf(body(), "input", family.examples);
}

/** An example of the whole answer with this status; undefined where no JSON goes. */
export function answerExample({ responses }: Endpoint, status: number, family: Family): Example | undefined {
  const { data, bare, example, message } = responses[status] ?? {};
  if (data === undefined) return undefined;
  const { value, missing } = example !== undefined
    ? { value: example, missing: [] }
    : exampleOf(data(), "output", family.examples);
  return { value: bare ? value : family.success({ data: value, message }, status), missing };
}

/** An example of an event stream; undefined where there is none. */
export function eventsExample({ responses }: Endpoint, status: number, family: Family): Example | undefined {
  const events = Object.entries(responses[status]?.events ?? {}).map(([event, schema]) => {
    const { value: data, missing } = exampleOf(schema(), "output", family.examples);
    return { text: new TextDecoder().decode(encodeEvent({ id: 1, event, data })), missing };
  });
  if (events.length === 0) return undefined;
  return {
    value: events.map(({ text }) => text).join(""),
    missing: events.flatMap(({ missing }) => missing),
  };
}

/** How `family` refuses a request to `endpoint` with this code. */
export function failureExample(code: ErrorCode, endpoint: Endpoint, family: Family): unknown {
  const [message, details] = code === "invalid_input"
    ? invalidInput(endpoint, family)
    : FAILURES[code] ?? [OPAQUE_MESSAGE];
  return family.failure({ status: statusOf(code), code, message, details: details ?? {} });
}

type Failing = [message: string, details?: ErrorDetails];

function invalidInput({ body, query, params }: Endpoint, { words }: Family): Failing {
  const named = (field: string, kind: FieldProblem["kind"], message: string): Failing => [
    `${field}: ${message}`,
    { problems: [{ field, kind, message }] },
  ];
  if (body !== undefined || query !== undefined || params === undefined) {
    return named("dryrun", "unknown", words.unknown);
  }
  const [parameter = ""] = Object.keys((z.toJSONSchema(params(), { io: "input" }).properties) ?? {});
  return named(parameter, "invalid", words.notUtf8);
}

const TASK = { task_id: "task_20250702_225721" };

/** As they are thrown; what is not here is the server's fault, and opaque. */
const FAILURES: Partial<Record<ErrorCode, Failing>> = {
  malformed_json: ["the body is not valid JSON in UTF-8"],
  body_too_large: ["the body is larger than 1048576 bytes"],
  body_too_slow: ["the body did not arrive within 30 s"],
  url_too_long: ["the URL is longer than 16384 characters"],
  invalid_host: ["a Host header is wanted, once"],
  foreign_host: ["host evil.example is not served here; see --allowed-host"],
  foreign_origin: ["requests from pages of https://evil.example are not taken"],
  unauthorized: ["a valid API key is wanted: Authorization: Bearer <key>"],
  role_too_low: ['the key "monitor" has the role read, but this wants write'],
  too_many_failures: ["too many wrong API keys; try again in 1 s", { retry_after: 1 }],
  invalid_task_id: ["../etc is no task id", { task_id: "../etc" }],
  task_not_found: ["there is no task task_20250702_225721", TASK],
  step_not_found: ['task task_20250702_225721 has no step "train"', { ...TASK, step_name: "train" }],
  task_exists: ["task task_20250702_225721 exists", TASK],
  impossible_transition: ["task task_20250702_225721 cannot go from completed to running", {
    ...TASK,
    current_status: "completed",
  }],
  task_running: ["task task_20250702_225721 is running", { ...TASK, current_status: "running" }],
  deletion_in_progress: ["task task_20250702_225721 is being deleted", TASK],
  path_forbidden: ["training_data/task_20250702_225721 is no directory", TASK],
  permission_denied: ["task task_20250702_225721 could not be deleted: permission_denied", TASK],
  project_not_found: ["there is no project with this key"],
  job_not_found: ["there is no job 7", { job_id: 7 }],
  job_not_cancellable: ["Cannot cancel job in completed state", { current_status: "completed" }],
  user_deletion_pending: ["job 7 deletes the data of this user already", { job_id: 7 }],
  background_task_not_found: ["there is no background task 7", { background_task_id: 7 }],
  background_task_not_cancellable: ["task 7 is completed", { current_status: "completed" }],
  lease_lost: ["Task is cancelled: stop working on it", {
    background_task_id: 7,
    current_status: "cancelled",
  }],
  training_data_unavailable: ["training_data is missing"],
};
