/** The HTTP server: from a request to an endpoint's answer in its family's envelope. */
import { getLogger, withContext } from "@logtape/logtape";
import { z } from "zod";
import type { App } from "../services/app.ts";
import { PipekeepError } from "../domain/errors.ts";
import { Auth, type AuthConfig } from "./authenticate.ts";
import { readJson } from "./body.ts";
import type { Endpoint, Method, Reply } from "./endpoint.ts";
import { OPAQUE_MESSAGE, statusOf } from "./errors.ts";
import { type Failure, type Family, plainFamily } from "./family.ts";
import { guard, type GuardConfig } from "./host_and_origin.ts";
import { invalid, parse, parsePath, parseQuery, queryObject } from "./input.ts";
import { openapiDocument } from "./openapi.ts";
import { cacheKey, isKnown, ResponseCache } from "./response_cache.ts";
import { type Manifest, type Match, Router } from "./router.ts";

const log = getLogger(["pipekeep", "http"]);

const SANE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** Nothing that can be asked for is as long; what is, was made to fill memory. */
const MAX_URL_CHARACTERS = 16 * 1024;
const JSON_TYPE = "application/json; charset=utf-8";

/** How the server is exposed, and to whom. */
export interface ServerConfig extends GuardConfig, AuthConfig {
  /** Of this program, for the OpenAPI document. */
  version: string;
  /** How long a body may take to arrive. @default 30_000 */
  body_time_ms?: number;
}

/** Answers requests with the routes of `manifest` on the services of `app`. */
export function createHandler(
  app: App,
  manifest: Manifest,
  config: ServerConfig,
): Deno.ServeHandler<Deno.NetAddr> {
  const router = new Router(manifest);
  const auth = new Auth(app.keys, config, app.clock);
  const cache = new ResponseCache(app.changeTokenSince);
  let document: unknown;
  const openapi = () => document ??= openapiDocument(router.routes, config.version);

  const inputOf = async (endpoint: Endpoint, match: Match, request: Request, url: URL) => {
    const { locale } = match.route.family;
    const params = endpoint.params && parsePath(endpoint.params, match.parameters, locale);
    const schema = endpoint.body ?? (isSafe(request.method) ? undefined : NOTHING);
    const body = schema && parse(schema, await readJson(request, locale, config.body_time_ms), locale);
    if (endpoint.destructive) refuseQuery(queryObject(url.searchParams, locale), locale);
    const query = endpoint.query && parseQuery(endpoint.query, url, locale);
    return { params, query, body };
  };

  const answer = async (
    request: Request,
    url: URL,
    address: string,
    request_id: string,
    arrived: number,
  ): Promise<Response> => {
    const match = router.match(url.pathname);
    const family = match?.route.family ?? router.familyOf(url.pathname);
    try {
      guard(request, url, config);
      if (request.url.length > MAX_URL_CHARACTERS) throw urlTooLong();
      const { endpoint, match: found } = endpointFor(request.method, match);
      if (isSafe(request.method)) app.traffic.note();
      const who = await auth.admit(request.headers, address, endpoint.access, family.always_keyed ?? false);
      const actor = { who, request_id };
      const read = async () => {
        const input = await inputOf(endpoint, found, request, url);
        const handle = () => endpoint.handler({ app, ...input, actor, headers: request.headers, openapi });
        return { query: input.query ?? {}, handle };
      };
      if (endpoint.remembered) {
        const { body, etag } = await cache.get(url.pathname + url.search, async () => {
          const { query, handle } = await read();
          const make = async () => JSON.stringify(family.success(await handle() as Reply, 200));
          return { key: cacheKey(url.pathname, query), make };
        }, arrived);
        if (isKnown(request.headers.get("if-none-match"), etag)) {
          return new Response(null, { status: 304, headers: { etag } });
        }
        return new Response(body, { headers: { "content-type": JSON_TYPE, etag } });
      }
      const { handle } = await read();
      const reply = await handle();
      if ("body" in reply) return new Response(reply.body, { status: reply.status, headers: reply.headers });
      return respond(reply, reply.bare ? reply.data : family.success(reply, reply.status ?? 200));
    } catch (error) {
      return refuse(error, family, match);
    }
  };

  return async (request, info) => {
    const started = performance.now();
    const given = request.headers.get("x-request-id");
    const request_id = given !== null && SANE_REQUEST_ID.test(given) ? given : crypto.randomUUID();
    const address = info.remoteAddr.hostname;
    return await withContext({ request_id }, async () => {
      const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
      const response = url === undefined
        ? refuse(new PipekeepError("invalid_host", "the Host header names no host"), plainFamily, undefined)
        : await answer(request, url, address, request_id, started);
      response.headers.set("x-request-id", request_id);
      log.info("{method} {path} {status} {ms} ms", {
        method: request.method,
        path: url?.pathname,
        status: response.status,
        ms: Math.round((performance.now() - started) * 10) / 10,
        address,
      });
      return request.method === "HEAD" ? withoutBody(response) : response;
    });
  };
}

/** What an operation without a body takes: nothing, lest a `dry_run` be overlooked. */
const NOTHING = z.strictObject({});

function urlTooLong(): PipekeepError {
  return new PipekeepError("url_too_long", `the URL is longer than ${MAX_URL_CHARACTERS} characters`);
}

function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function endpointFor(method: string, match: Match | undefined): { endpoint: Endpoint; match: Match } {
  if (match === undefined) throw new PipekeepError("route_not_found", "there is nothing at this path");
  const { endpoints, allow } = match.route;
  const wanted = (method === "HEAD" ? "GET" : method) as Method;
  const endpoint = Object.hasOwn(endpoints, wanted) ? endpoints[wanted] : undefined;
  if (endpoint === undefined) {
    throw new PipekeepError(
      "method_not_allowed",
      `${method} is not allowed here; allowed: ${allow.join(", ")}`,
      {
        allow,
      },
    );
  }
  return { endpoint, match };
}

function refuseQuery(search: Record<string, string>, locale: Family["locale"]): void {
  const message = locale === "zh" ? "参数只能放在JSON请求体中" : "belongs in the JSON body";
  const problems = Object.keys(search).map((field) => ({ field, kind: "unknown" as const, message }));
  if (problems.length > 0) throw invalid(problems);
}

function respond(reply: Reply, content: unknown): Response {
  const headers = { "content-type": JSON_TYPE, ...reply.headers };
  return new Response(JSON.stringify(content), { status: reply.status ?? 200, headers });
}

function refuse(error: unknown, family: Family, match: Match | undefined): Response {
  const failure = failureOf(error);
  if (failure.status >= 500) log.error("{message}: {error}", { message: failure.message, error });
  const headers: Record<string, string> = {};
  if (failure.code === "method_not_allowed") headers.allow = match?.route.allow.join(", ") ?? "";
  // Nobody should send a next request behind a body that is still to come.
  if (failure.code === "body_too_slow") headers.connection = "close";
  if (failure.status === 401) headers["www-authenticate"] = "Bearer";
  const { retry_after } = failure.details;
  if (retry_after !== undefined) headers["retry-after"] = String(retry_after);
  return respond({ status: failure.status, data: null, headers }, family.failure(failure));
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

async function withoutBody(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  if (headers.get("content-type") === JSON_TYPE) {
    const { byteLength } = await response.arrayBuffer();
    headers.set("content-length", String(byteLength));
  } else await response.body?.cancel();
  return new Response(null, { status: response.status, headers });
}
