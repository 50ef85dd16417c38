/** Looks at every answer that a test's server gives: is it one that its operation declares, down to each field? */
import assert from "node:assert/strict";
import type { ErrorCode } from "../../domain/errors.ts";
import { answersOf, type DeclaredAnswer, FAILURE_HEADERS, UNROUTED_ERRORS } from "../../http/declared.ts";
import type { Method } from "../../http/endpoint.ts";
import { statusOf } from "../../http/errors.ts";
import { type Family, plainFamily } from "../../http/family.ts";
import type { Lazy } from "../../http/lazy.ts";
import { type Place, Router } from "../../http/router.ts";
import { manifest } from "../../routes/_manifest.ts";
import type { z } from "zod";

const router = new Router(manifest);

/** An answer, as it is about to be sent. */
export interface Given {
  method: string;
  /** Undefined when the request names no URL. */
  url: URL | undefined;
  status: number;
  headers: Headers;
  /** Empty when there is none. */
  text: string;
  /** Why it was refused; "unknown" when only the client's side can be seen. */
  error_code: ErrorCode | "unknown" | undefined;
}

/** @throws {assert.AssertionError} naming the request and what its answer should have been */
export function assertDeclared(given: Given): void {
  const { method, url, status, headers, text, error_code } = given;
  const what = `${method} ${url?.pathname} ${status} ${text.slice(0, 500)}`;
  const declared = declaredFor(given);
  assert.ok(declared, `${what}: the operation does not declare ${status}`);
  if (error_code !== "unknown") {
    const isCodeDeclared = declared.errors.length === 0
      ? error_code === undefined
      : error_code !== undefined && declared.errors.includes(error_code);
    assert.ok(
      isCodeDeclared,
      `${what}: the operation does not declare ${error_code}, but ${declared.errors.join(", ")}`,
    );
  }
  assert.match(headers.get("x-request-id") ?? "", /^[A-Za-z0-9._:-]{1,128}$/, `${what}: x-request-id`);
  assertContentType(headers.get("content-type"), declared, what);
  for (const name of Object.keys(declared.headers)) {
    assert.ok(headers.has(name), `${what}: the header ${name} is missing`);
  }
  if (method === "HEAD") return assert.equal(text, "", what);
  if (declared.content.length === 0) return assert.equal(text, "", what);
  if (declared.schema === undefined || !headers.get("content-type")!.startsWith("application/json")) return;
  const body = JSON.parse(text);
  const result = declared.schema.safeParse(body);
  assert.ok(result.success, `${what}: ${result.error}`);
  if (typeof body?.code === "number") assert.equal(body.code, status, what);
}

/** The data schemas of the events that this answer may stream. */
export function eventsOf({ method, url, status }: Pick<Given, "method" | "url" | "status">) {
  const endpoint = url && router.matchRoute(url.pathname).route?.endpoints[method as Method];
  return endpoint?.responses[status]?.events;
}

/** @throws {assert.AssertionError} when `frame`, which a blank line ended, is neither a comment nor a declared event */
export function assertFrame(frame: string, events: Record<string, Lazy<z.ZodType>>): void {
  if (frame.startsWith(":")) return assert.ok(!frame.includes("\n"), frame);
  const [, id, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
  assert.ok(id !== undefined, `no event: ${frame}`);
  const schema = events[event!];
  assert.ok(schema !== undefined, `the event ${event} is not declared: ${frame}`);
  const result = schema().safeParse(JSON.parse(data!));
  assert.ok(result.success, `${frame}: ${result.error}`);
}

function declaredFor({ method, url, status, error_code }: Given): DeclaredAnswer | undefined {
  if (url === undefined) return unrouted(status, plainFamily, ["invalid_host"]);
  const { route, family }: Place = router.matchRoute(url.pathname);
  const wanted = (method === "HEAD" ? "GET" : method) as Method;
  const endpoint = route && Object.hasOwn(route.endpoints, wanted) ? route.endpoints[wanted] : undefined;
  if (endpoint === undefined) return unrouted(status, family, UNROUTED_ERRORS);
  // Seen from the client: a Host that names nobody is refused before the family is known.
  if (error_code === "unknown" && status === 421) return unrouted(status, plainFamily, UNROUTED_ERRORS);
  return answersOf(wanted, endpoint, family).get(status);
}

function unrouted(
  status: number,
  family: Family,
  codes: readonly ErrorCode[],
): DeclaredAnswer | undefined {
  const errors = codes.filter((code) => statusOf(code) === status);
  if (errors.length === 0) return undefined;
  const headers = FAILURE_HEADERS[status] ?? {};
  return { schema: family.failureSchema(), content: ["application/json"], headers, errors };
}

function assertContentType(type: string | null, { content, schema }: DeclaredAnswer, what: string): void {
  if (content.length === 0) return assert.equal(type, null, `content-type of ${what}`);
  const json = "application/json";
  if (schema !== undefined && type?.startsWith(json)) {
    return assert.equal(type, `${json}; charset=utf-8`, `content-type of ${what}`);
  }
  const plain = (type: string | null) => type?.split(";")[0];
  const others = content.filter((type) => schema === undefined || type !== json).map(plain);
  assert.ok(
    type !== null && (others.includes("application/octet-stream") || others.includes(plain(type))),
    `content-type of ${what} is ${type}, not ${content.join(" or ")}`,
  );
}
