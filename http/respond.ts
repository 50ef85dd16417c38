/** Answers as responses: what a handler replied, what was refused, and either of them without its body. */
import { getLogger } from "@logtape/logtape";
import { PipekeepError } from "../domain/errors.ts";
import type { RawReply, Reply } from "./endpoint.ts";
import { OPAQUE_MESSAGE, statusOf } from "./errors.ts";
import type { Failure, Family } from "./family.ts";

const log = getLogger(["pipekeep", "http"]);

export const JSON_TYPE = "application/json; charset=utf-8";

/** A handler's answer; `family` puts its envelope around data. */
export function renderReply(reply: Reply | RawReply, family: Family): Response {
  const { status = 200, headers } = reply;
  if ("body" in reply) return new Response(reply.body, { status, headers });
  return json(status, reply.bare ? reply.data : family.success(reply, status), headers);
}

/** The text of a handler's answer of 200. */
export function renderText(reply: Reply, family: Family): string {
  return JSON.stringify(reply.bare ? reply.data : family.success(reply, 200));
}

/**
 * The answer to what was thrown, in the envelope of `family`. What is the server's own fault is logged, and says no
 * more than that.
 *
 * @param allow the methods that there are at this path
 */
export function renderFailure(error: unknown, family: Family, allow: readonly string[] = []): Response {
  const failure = failureOf(error);
  if (failure.status >= 500) log.error("{message}: {error}", { message: failure.message, error });
  const headers: Record<string, string> = {};
  if (failure.code === "method_not_allowed") headers.allow = allow.join(", ");
  // Nobody should send a next request behind a body that is still to come.
  if (failure.code === "body_too_slow") headers.connection = "close";
  if (failure.status === 401) headers["www-authenticate"] = "Bearer";
  const { retry_after } = failure.details;
  if (retry_after !== undefined) headers["retry-after"] = String(retry_after);
  return json(failure.status, family.failure(failure), headers);
}

/** The answer to HEAD: status and headers of the answer to GET. */
export async function withoutBody(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  if (headers.get("content-type") === JSON_TYPE) {
    const { byteLength } = await response.arrayBuffer();
    headers.set("content-length", String(byteLength));
  } else await response.body?.cancel();
  return new Response(null, { status: response.status, headers });
}

function json(status: number, content: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(content), {
    status,
    headers: { "content-type": JSON_TYPE, ...headers },
  });
}

function failureOf(error: unknown): Failure {
  if (error instanceof PipekeepError) {
    const status = statusOf(error.code);
    // What the machine refused may speak of paths.
    const message = error.code === "storage_failed" ? OPAQUE_MESSAGE : error.message;
    return { status, code: error.code, message, details: error.details };
  }
  return { status: 500, code: "internal", message: OPAQUE_MESSAGE, details: {} };
}
