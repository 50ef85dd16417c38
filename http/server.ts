/** The HTTP server's handler: the pipeline with what it works on. */
import type { App } from "../services/app.ts";
import { type AuthConfig, Authenticator } from "./authenticate.ts";
import type { HostConfig } from "./host_and_origin.ts";
import { openapiDocument } from "./openapi.ts";
import { type Answered, answerRequest } from "./pipeline.ts";
import { ResponseCache } from "./response_cache.ts";
import { type Manifest, Router } from "./router.ts";

/** How the server is exposed, and to whom. */
export interface ServerConfig extends HostConfig, AuthConfig {
  /** Of this program, for the OpenAPI document. */
  version: string;
  /** How long a body may take to arrive. @default 30_000 */
  body_time_ms?: number;
  /** Told of every answer, before it is sent. */
  onAnswered?: (answered: Answered) => void;
}

/** Answers requests with the routes of `manifest` on the services of `app`. */
export function createHandler(
  app: App,
  manifest: Manifest,
  config: ServerConfig,
): Deno.ServeHandler<Deno.NetAddr> {
  const router = new Router(manifest);
  const authenticator = new Authenticator({ keys: app.keys, clock: app.clock }, config);
  const cache = new ResponseCache({ changeToken: app.changeTokenSince });
  let document: unknown;
  const openapi = () => document ??= openapiDocument(router.routes, config.version);
  const around = { app, router, authenticator, cache, config, openapi };
  return (request, info) => answerRequest(around, request, info.remoteAddr.hostname);
}
