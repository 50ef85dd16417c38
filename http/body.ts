/** Reads a request's body as JSON, whatever its content type says, up to 1 MiB (api.md 0). */
import { PipekeepError } from "../services/errors.ts";

export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_DEPTH = 200;

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
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    assertDepth(text);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof PipekeepError) throw error;
    throw new PipekeepError("malformed_json", "the body is not valid JSON in UTF-8", {}, error);
  }
}

/** Nobody nests so deep by intent; what does would exhaust the stack of whoever walks it, the database's included. */
function assertDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") {
      if (++depth > MAX_DEPTH) {
        throw new PipekeepError("malformed_json", `the body is nested deeper than ${MAX_DEPTH}`);
      }
    } else if (character === "}" || character === "]") depth--;
  }
}

function tooLarge(): PipekeepError {
  return new PipekeepError("body_too_large", `the body is larger than ${MAX_BODY_BYTES} bytes`);
}
