/** Reads a request's body as JSON, whatever its content type says, up to 1 MiB (api.md 0). */
import { PipekeepError } from "../domain/errors.ts";
import type { Family } from "./family.ts";
import { invalid } from "./input.ts";

export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_DEPTH = 200;

/**
 * The body's JSON value; an empty body is an empty object.
 *
 * @throws {PipekeepError} body_too_large, malformed_json
 */
export async function readJson(request: Request, locale: Family["locale"] = "en"): Promise<unknown> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return {};
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof PipekeepError) throw error;
    throw new PipekeepError("malformed_json", "the body ended too early", {}, error);
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
    const twice = scan(text);
    const value = JSON.parse(text);
    if (twice.length > 0) throw repeated(twice, locale);
    return value;
  } catch (error) {
    if (error instanceof PipekeepError) throw error;
    throw new PipekeepError("malformed_json", "the body is not valid JSON in UTF-8", {}, error);
  }
}

/**
 * Looks at the text before it is parsed. Nobody nests so deep by intent; what does would exhaust the stack of whoever
 * walks it, the database's included. And JSON.parse takes the last of two fields of one name, so a `dry_run` could be
 * overruled: those of the outermost object come back.
 */
function scan(text: string): string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  let depth = 0;
  let from = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') {
        inString = false;
        if (depth === 1 && text[firstNonSpace(text, i + 1)] === ":") {
          const name = nameOf(text.slice(from, i + 1));
          if (seen.has(name)) twice.push(name);
          seen.add(name);
        }
      }
    } else if (character === '"') {
      inString = true;
      from = i;
    } else if (character === "{" || character === "[") {
      if (++depth > MAX_DEPTH) {
        throw new PipekeepError("malformed_json", `the body is nested deeper than ${MAX_DEPTH}`);
      }
    } else if (character === "}" || character === "]") depth--;
  }
  return twice;
}

function firstNonSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? "")) at++;
  return at;
}

/** A string of the text that may turn out to be no JSON: then JSON.parse of the whole says so. */
function nameOf(literal: string): string {
  try {
    return JSON.parse(literal);
  } catch {
    return literal;
  }
}

function repeated(names: readonly string[], locale: Family["locale"]): PipekeepError {
  const message = locale === "zh" ? "参数重复出现" : "given more than once";
  return invalid(names.map((field) => ({ field, kind: "invalid", message })));
}

function tooLarge(): PipekeepError {
  return new PipekeepError("body_too_large", `the body is larger than ${MAX_BODY_BYTES} bytes`);
}
