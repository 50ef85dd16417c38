/** What an operation may answer: its own responses, else its family's errors. For the document and the tests. */
import type { z } from "zod";
import type { ErrorCode } from "../domain/errors.ts";
import { mayAct } from "../domain/roles.ts";
import type { Endpoint, Method, ResponseSpec } from "./endpoint.ts";
import { statusOf } from "./errors.ts";
import type { Family } from "./family.ts";
import { isSafe } from "./read_input.ts";

/** What may be answered with one status. */
export interface DeclaredAnswer {
  /** Of the whole answer where it is JSON; undefined where it never is. */
  schema?: z.ZodType;
  /** Media types; none where nothing is sent. */
  content: readonly string[];
  /** Names of the headers that come with it, beside those of every answer. */
  headers: Record<string, string>;
  /** Codes of the errors that have this status. */
  errors: readonly ErrorCode[];
}

const JSON_CONTENT = ["application/json"];

/** Before it is known what was asked for. */
const BEFORE_ROUTING: readonly ErrorCode[] = [
  "invalid_host",
  "foreign_host",
  "foreign_origin",
  "url_too_long",
];

/** What a request is refused with for which there is no operation. */
export const UNROUTED_ERRORS: readonly ErrorCode[] = [
  ...BEFORE_ROUTING,
  "route_not_found",
  "method_not_allowed",
];

/** The errors that this operation can end in: those of the steps that it goes through, and its own. */
export function errorsOf(method: Method, endpoint: Endpoint): ErrorCode[] {
  const { access } = endpoint;
  const hasBody = !isSafe(method);
  const hasInput = hasBody || endpoint.params !== undefined || endpoint.query !== undefined;
  return [
    ...BEFORE_ROUTING.filter((code) => code !== "foreign_origin" || !isSafe(method)),
    ...access === "open" ? [] : ["unauthorized", "too_many_failures"] as const,
    ...access === "open" || mayAct("read", access) ? [] : ["role_too_low"] as const,
    ...hasInput ? ["invalid_input"] as const : [],
    ...hasBody ? ["malformed_json", "body_too_large", "body_too_slow"] as const : [],
    ...endpoint.errors,
    "internal",
  ];
}

/** Status → everything that is answered with it. */
export function answersOf(method: Method, endpoint: Endpoint, family: Family): Map<number, DeclaredAnswer> {
  const answers = new Map<number, DeclaredAnswer>();
  for (const [status, spec] of Object.entries(endpoint.responses)) {
    answers.set(Number(status), ownAnswer(spec, endpoint, family));
  }
  if (endpoint.remembered) {
    answers.set(304, { content: [], headers: { etag: "what `If-None-Match` names" }, errors: [] });
  }
  for (const code of errorsOf(method, endpoint)) {
    const status = statusOf(code);
    const errors = [...answers.get(status)?.errors ?? [], code];
    answers.set(status, {
      schema: family.failureSchema(),
      content: JSON_CONTENT,
      headers: FAILURE_HEADERS[status] ?? {},
      errors,
    });
  }
  return answers;
}

function ownAnswer(spec: ResponseSpec, { remembered }: Endpoint, family: Family): DeclaredAnswer {
  const { data, bare, content = [], alternative, headers = {} } = spec;
  const schema = data && (bare ? data() : family.successSchema(data()));
  const others = typeof content === "string" ? [content] : content;
  // Where only some queries are remembered, only their answers have a tag.
  return {
    ...(schema && { schema }),
    content: schema ? [...JSON_CONTENT, ...alternative === undefined ? [] : [alternative]] : others,
    headers: { ...headers, ...(remembered === true && { etag: "names this answer" }) },
    errors: [],
  };
}

/** Status → the headers that come with such an error. */
export const FAILURE_HEADERS: Record<number, Record<string, string>> = {
  401: { "www-authenticate": "Bearer" },
  405: { allow: "the methods that there are" },
  429: { "retry-after": "seconds until the next try" },
};
