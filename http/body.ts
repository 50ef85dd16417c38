/** Reads a request's body as JSON, whatever its content type says, up to 1 MiB (api.md 0). */
import { PipekeepError } from "../services/errors.ts";

export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The body's JSON value; an empty body is an empty object.
 *
 * @throws {PipekeepError} body_too_large, malformed_json
 */
export async function readJson(request: Request): Promise<unknown> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return {};
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  if (size === 0) return {};
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new PipekeepError("malformed_json", "the body is not valid JSON in UTF-8", {}, error);
  }
}

function tooLarge(): PipekeepError {
  return new PipekeepError("body_too_large", `the body is larger than ${MAX_BODY_BYTES} bytes`);
}
