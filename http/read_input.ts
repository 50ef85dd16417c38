/** What a request brings, read and checked: its path first, then its body, then its query. */
import { z } from "zod";
import { readBody } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import { invalid, parse, parsePath, parseQuery, queryObject } from "./input.ts";
import { lazy } from "./lazy.ts";
import type { InputWords } from "./words.ts";

/** What an operation without a body takes: nothing, lest a `dry_run` be overlooked. */
const nothing = lazy(() => z.strictObject({}));

/** Each undefined where the endpoint takes none. */
export interface Input {
  params: Record<string, unknown> | undefined;
  query: Record<string, unknown> | undefined;
  body: Record<string, unknown> | undefined;
}

/** A request whose route is known. */
export interface RoutedRequest {
  request: Request;
  url: URL;
  /** Of the path, still percent-encoded. */
  parameters: Record<string, string>;
}

export interface ReadOptions {
  words: InputWords;
  /** How long a body may take to arrive. @default 30_000 */
  body_time_ms?: number;
}

/**
 * Reads what `endpoint` takes.
 *
 * @throws {PipekeepError} invalid_input, and what {@linkcode readBody} throws
 */
export async function readInput(
  endpoint: Endpoint,
  { request, url, parameters }: RoutedRequest,
  { words, body_time_ms }: ReadOptions,
): Promise<Input> {
  const params = endpoint.params && parsePath(endpoint.params(), parameters, words);
  const schema = endpoint.body ?? (isSafe(request.method) ? undefined : nothing);
  const body = schema && parse(schema(), await readBody(request, words, body_time_ms), words);
  if (endpoint.destructive) refuseQuery(url, words);
  const query = endpoint.query && parseQuery(endpoint.query(), url, words);
  return { params, query, body };
}

/** Whether a request of this method changes nothing. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function refuseQuery(url: URL, words: InputWords): void {
  const problems = Object.keys(queryObject(url.searchParams, words)).map((field) => ({
    field,
    kind: "unknown" as const,
    message: words.onlyInBody,
  }));
  if (problems.length > 0) throw invalid(problems);
}
