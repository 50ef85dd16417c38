/** Reads a request's body as JSON, whatever its content type says, up to 1 MiB (api.md 0). */
import { PipekeepError } from "../domain/errors.ts";
import { invalid } from "./input.ts";
import { inspectJson, type Places } from "./json_text.ts";
import type { InputWords } from "./words.ts";

export const MAX_BODY_BYTES = 1024 * 1024;
/** How long a body may take to arrive. */
const BODY_TIME_MS = 30_000;

/**
 * The body's JSON value; an empty body is an empty object.
 *
 * @param limit_ms how long it may take to arrive; `@default` 30 s
 * @throws {PipekeepError} body_too_large, body_too_slow, malformed_json; invalid_input for a field that is given
 * twice, and for what is no text
 */
export async function readBody(
  request: Request,
  words: InputWords,
  limit_ms = BODY_TIME_MS,
): Promise<unknown> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return {};
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow(limit_ms)), limit_ms);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) break;
      size += value.byteLength;
      if (size > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    // What is still to come is left unread: a body that is cancelled keeps its connection, and so a stop, waiting.
    if (error instanceof PipekeepError) throw error;
    throw new PipekeepError("malformed_json", "the body ended too early", {}, error);
  } finally {
    clearTimeout(timer);
  }
  if (size === 0) return {};
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const { repeated, noText } = inspectJson(text);
    const value = JSON.parse(text);
    if (repeated.paths.length > 0) throw invalidAt(repeated, words.givenTwice);
    if (noText.paths.length > 0) throw invalidAt(noText, words.notText);
    return value;
  } catch (error) {
    if (error instanceof PipekeepError) throw error;
    throw new PipekeepError("malformed_json", "the body is not valid JSON in UTF-8", {}, error);
  }
}

function invalidAt({ paths, more }: Places, message: string): PipekeepError {
  return invalid(
    paths.map((path) => ({ field: path === "" ? "body" : path, kind: "invalid", message })),
    more,
  );
}

function tooSlow(limit_ms: number): PipekeepError {
  return new PipekeepError("body_too_slow", `the body did not arrive within ${limit_ms / 1000} s`);
}

function tooLarge(): PipekeepError {
  return new PipekeepError("body_too_large", `the body is larger than ${MAX_BODY_BYTES} bytes`);
}
