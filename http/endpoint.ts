/** One operation, one declaration: what a route file exports per method (docs/architecture.md). */
import type { Actor } from "../domain/actor.ts";
import type { ErrorCode } from "../domain/errors.ts";
import type { z } from "zod";
import type { App } from "../services/app.ts";
import { type Lazy, lazy } from "./lazy.ts";

/** Who may call: nobody is asked, or a key of at least this role. */
export type Access = "open" | "read" | "write" | "admin";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = typeof METHODS[number];

/** What a handler is given: the checked input, the services, and who asks. */
export interface Context<Params, Query, Body> {
  app: App;
  params: Params;
  query: Query;
  body: Body;
  actor: Actor;
  /** Of the request; header names in lower case. */
  headers: Headers;
  /** The OpenAPI document of this server. */
  openapi: () => unknown;
}

/** What a handler answers; the family puts its envelope around `data`. */
export interface Reply {
  /** 200 unless told. */
  status?: number;
  message?: string;
  /** Some families answer 200 for a request that was processed and achieved nothing; false says so. */
  success?: boolean;
  data: unknown;
  headers?: Record<string, string>;
  /** `data` is the whole answer, without an envelope. */
  bare?: boolean;
}

/** What a handler answers where no envelope goes: nothing at all (204), a stream, a file. */
export interface RawReply {
  /** 200 unless told. */
  status?: number;
  headers?: Record<string, string>;
  /** Sent as it is; its content type is among `headers`. HEAD cancels a stream unread. */
  body: BodyInit | null;
}

/** What a status means, and what is answered with it. */
export interface ResponseSpec {
  description: string;
  /** Of the reply's `data`; without it there is no envelope: nothing at all (204), or a stream. */
  data?: Lazy<z.ZodType>;
  /** What the envelope says, unless the reply has a message of its own. */
  message?: string;
  /** Of `data`, for the document; else one is made from the family's examples. */
  example?: unknown;
  /** `data` is the whole answer, without an envelope. */
  bare?: true;
  /** Media type or types of an answer without `data`; none when nothing is sent. Any file: application/octet-stream. */
  content?: string | readonly string[];
  /** Media type of what may be sent, as it is, in place of `data`. */
  alternative?: string;
  /** Of a stream of server-sent events: name of an event → schema of its data. */
  events?: Record<string, Lazy<z.ZodType>>;
  /** Header → what it says. */
  headers?: Record<string, string>;
}

export type Responses = Record<number, ResponseSpec>;

type StatusOf<Status> = Status extends 200 ? { status?: 200 } : { status: Status };

type RawReplyOf<Status> = Omit<RawReply, "status"> & StatusOf<Status>;

/** What a handler may answer: one of the declared statuses, with data of its schema. */
export type ReplyOf<R extends Responses> = {
  [Status in keyof R]: R[Status] extends { data: Lazy<infer Data extends z.ZodType> } ?
      | (Omit<Reply, "status" | "data"> & StatusOf<Status> & { data: z.output<Data> })
      | (R[Status] extends { alternative: string } ? RawReplyOf<Status> : never)
    : RawReplyOf<Status>;
}[keyof R];

type Shape = z.ZodType<Record<string, unknown>>;

export interface EndpointSpec<Params, Query, Body, R extends Responses> {
  summary: string;
  description?: string;
  access: Access;
  /** It destroys: nothing may be said in the query string, where a link could say it. */
  destructive?: boolean;
  /**
   * The answer depends on path, query and database alone, and is 200: it may be given again until a row changes. Or for
   * which queries that is so, and the answer has `data`.
   */
  remembered?: boolean | ((search: URLSearchParams) => boolean);
  params?: Lazy<z.ZodType<Params>>;
  query?: Lazy<z.ZodType<Query>>;
  body?: Lazy<z.ZodType<Body>>;
  /** Of the body, for the document; else one is made from the family's examples. */
  example?: unknown;
  /** Status → what it means and its schema; the handler can answer nothing else. */
  responses: R;
  /** Codes of its own that it may refuse with; the statuses follow from them. */
  errors?: readonly ErrorCode[];
  handler: (context: Context<Params, Query, Body>) => ReplyOf<R> | Promise<ReplyOf<R>>;
}

/** A declaration with its types erased, as the router holds it. */
export interface Endpoint {
  summary: string;
  description?: string;
  access: Access;
  destructive: boolean;
  remembered: boolean | ((search: URLSearchParams) => boolean);
  params?: Lazy<Shape>;
  query?: Lazy<Shape>;
  body?: Lazy<Shape>;
  example?: unknown;
  responses: Responses;
  errors: readonly ErrorCode[];
  handler: (context: Context<unknown, unknown, unknown>) => Reply | RawReply | Promise<Reply | RawReply>;
}

/** Declares one operation. The path comes from the file's name. */
export function endpoint<
  Params = Record<string, never>,
  Query = Record<string, never>,
  Body = undefined,
  const R extends Responses = Responses,
>(spec: EndpointSpec<Params, Query, Body, R>): Endpoint {
  const { params, query, body } = spec;
  return {
    destructive: false,
    remembered: false,
    errors: [],
    ...spec,
    params: params && lazy(params),
    query: query && lazy(query),
    body: body && lazy(body),
  } as unknown as Endpoint;
}

/** What a route file exports. */
export type RouteModule = Partial<Record<Method, Endpoint>>;
