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

/** What may be told of something that was thrown. What is the server's own fault is logged, and says no more than that. */
export function failureOf(error: unknown): Failure {
  const failure = knownFailure(error);
  if (failure.status >= 500) log.error("{message}: {error}", { message: failure.message, error });
  return failure;
}

/**
 * The answer to a refusal or a fault, in the envelope of `family`.
 *
 * @param allow the methods that there are at this path
 */
export function renderFailure(failure: Failure, family: Family, allow: readonly string[] = []): Response {
  const headers: Record<string, string> = {};
  if (failure.code === "method_not_allowed") headers.allow = allow.join(", ");
  // Nobody should send a next request behind a body that is still to come.
  if (failure.code === "body_too_slow") headers.connection = "close";
  if (failure.status === 401) headers["www-authenticate"] = "Bearer";
  const { retry_after } = failure.details;
  if (retry_after !== undefined) headers["retry-after"] = String(retry_after);
  return json(failure.status, family.failure(failure), headers);
}

/**
 * The answer to HEAD: status and headers of the answer to GET.
 *
 * @param isStream the body may be long or have no end: it is left unread, and so the length unsaid
 */
export async function withoutBody(response: Response, isStream: boolean): Promise<Response> {
  const { status, body } = response;
  const headers = new Headers(response.headers);
  if (isStream) {
    await body?.cancel();
    // Not null: the runtime would say that the length is 0.
    return new Response(new ReadableStream({ start: (controller) => controller.close() }), {
      status,
      headers,
    });
  }
  if (body !== null) headers.set("content-length", String((await response.arrayBuffer()).byteLength));
  return new Response(null, { status, headers });
}

function json(status: number, content: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(content), {
    status,
    headers: { "content-type": JSON_TYPE, ...headers },
  });
}

function knownFailure(error: unknown): Failure {
  if (error instanceof PipekeepError) {
    const status = statusOf(error.code);
    // What the machine refused may speak of paths.
    const message = error.code === "storage_failed" ? OPAQUE_MESSAGE : error.message;
    return { status, code: error.code, message, details: error.details };
  }
  return { status: 500, code: "internal", message: OPAQUE_MESSAGE, details: {} };
}
