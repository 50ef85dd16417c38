/** The URL of a request, before anything is looked up by it. */
import { PipekeepError } from "../domain/errors.ts";

/** Nothing that can be asked for is as long; what is, was made to fill memory. */
const MAX_CHARACTERS = 16 * 1024;

/** Undefined when the Host header, which the runtime makes the URL of, names no host. */
export function parseUrl(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** @throws {PipekeepError} url_too_long */
export function checkUrlLength(url: string): void {
  if (url.length > MAX_CHARACTERS) {
    throw new PipekeepError("url_too_long", `the URL is longer than ${MAX_CHARACTERS} characters`);
  }
}
