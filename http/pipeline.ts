/**
 * The life of a request, as docs/architecture.md draws it: named steps, each a function with a test of its own. The first
 * that throws ends in {@linkcode renderFailure}, and nothing after it happens.
 *
 * @module
 */
import { getLogger, withContext } from "@logtape/logtape";
import type { Actor } from "../domain/actor.ts";
import { type ErrorCode, PipekeepError } from "../domain/errors.ts";
import type { App } from "../services/app.ts";
import type { Authenticator } from "./authenticate.ts";
import type { Endpoint, RawReply, Reply } from "./endpoint.ts";
import { type Family, plainFamily } from "./family.ts";
import { checkHostAndOrigin, type HostConfig } from "./host_and_origin.ts";
import { type Input, isSafe, readInput } from "./read_input.ts";
import { assignRequestId } from "./request_id.ts";
import { recall } from "./recall.ts";
import { failureOf, renderFailure, renderReply, renderText, withoutBody } from "./respond.ts";
import { cacheKey, type ResponseCache } from "./response_cache.ts";
import { type Router, selectEndpoint } from "./router.ts";
import { checkUrlLength, parseUrl } from "./url.ts";

const log = getLogger(["pipekeep", "http"]);

/** How a request was answered. */
export interface Answered {
  request: Request;
  /** As it is sent, but for HEAD's missing body. */
  response: Response;
  /** Why it was refused, or failed. */
  error_code?: ErrorCode;
}

/** What the steps work with, the same for every request. */
export interface Surroundings {
  app: App;
  router: Router;
  authenticator: Authenticator;
  cache: ResponseCache;
  config: HostConfig & { body_time_ms?: number; onAnswered?: (answered: Answered) => void };
  openapi: () => unknown;
}

/** A request under way. */
interface Arrival {
  request: Request;
  url: URL;
  /** Of the client. */
  address: string;
  request_id: string;
  /** When it did, of `performance.now()`. */
  started: number;
}

/** Answers one request; never throws. */
export async function answerRequest(
  around: Surroundings,
  request: Request,
  address: string,
): Promise<Response> {
  const started = performance.now();
  const request_id = assignRequestId(request.headers);
  return await withContext({ request_id }, async () => {
    const url = parseUrl(request.url);
    const { response, error_code, isStream = false } = url === undefined
      ? refuse(new PipekeepError("invalid_host", "the Host header names no host"), plainFamily)
      : await answerAt(around, { request, url, address, request_id, started });
    response.headers.set("x-request-id", request_id);
    logRequest({ request, url, address }, { status: response.status, error_code, started });
    around.config.onAnswered?.({ request, response, error_code });
    return request.method === "HEAD" ? await withoutBody(response, isStream) : response;
  });
}

interface Outcome {
  response: Response;
  /** See {@linkcode withoutBody}. @default false */
  isStream?: boolean;
  error_code?: ErrorCode;
}

async function answerAt(around: Surroundings, arrival: Arrival): Promise<Outcome> {
  const { request, url, address, request_id, started } = arrival;
  const { family, route, parameters } = around.router.matchRoute(url.pathname);
  try {
    checkHostAndOrigin(request, url, around.config);
    checkUrlLength(request.url);
    const endpoint = selectEndpoint(request.method, route);
    if (isSafe(request.method)) around.app.traffic.note();
    const who = await around.authenticator.authenticate(request.headers, address, {
      access: endpoint.access,
      always_keyed: family.always_keyed,
    });
    const { body_time_ms } = around.config;
    const read = () =>
      readInput(endpoint, { request, url, parameters }, { words: family.words, body_time_ms });
    const run = (input: Input) => runHandler(around, endpoint, input, { who, request_id }, request.headers);
    if (isRemembered(endpoint, url)) {
      const response = await recall(around.cache, request, url, async () => {
        const input = await read();
        return {
          key: cacheKey(url.pathname, input.query ?? {}),
          make: async () => renderText(await run(input) as Reply, family),
        };
      }, started);
      return { response };
    }
    const reply = await run(await read());
    const isStream = "body" in reply && reply.body instanceof ReadableStream;
    return { response: renderReply(reply, family), isStream };
  } catch (error) {
    return refuse(error, family, route?.allow);
  }
}

function isRemembered({ remembered }: Endpoint, url: URL): boolean {
  return typeof remembered === "function" ? remembered(url.searchParams) : remembered;
}

function refuse(error: unknown, family: Family, allow?: readonly string[]): Outcome {
  const failure = failureOf(error);
  return { response: renderFailure(failure, family, allow), error_code: failure.code };
}

async function runHandler(
  { app, openapi }: Surroundings,
  endpoint: Endpoint,
  input: Input,
  actor: Actor,
  headers: Headers,
): Promise<Reply | RawReply> {
  const reply = await endpoint.handler({ app, ...input, actor, headers, openapi });
  if ("body" in reply) return reply;
  return { message: endpoint.responses[reply.status ?? 200]?.message, ...reply };
}

function logRequest(
  { request, url, address }: Omit<Arrival, "url" | "request_id" | "started"> & { url: URL | undefined },
  { status, error_code, started }: { status: number; error_code?: ErrorCode; started: number },
): void {
  log.info("{method} {path} {status} {ms} ms", {
    method: request.method,
    path: url?.pathname,
    status,
    ...(error_code !== undefined && { error_code }),
    ms: Math.round((performance.now() - started) * 10) / 10,
    address,
  });
}
