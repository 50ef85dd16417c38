/** Keeps other people's web pages from reaching the server through a visitor's browser (api.md 4). */
import { PipekeepError } from "../domain/errors.ts";

export interface HostConfig {
  /** The listening address. */
  host: string;
  /** Further names that requests may be addressed to, without port. */
  allowed_hosts: readonly string[];
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const HOST = /^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether `host` (a name or an address, IPv6 with or without brackets) is this machine itself. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || host === "::1";
}

/**
 * Both names of the server are looked at, the URL's and the Host header's: they differ where the request line holds a
 * whole URL.
 *
 * @throws {PipekeepError} invalid_host, foreign_host, foreign_origin
 */
export function checkHostAndOrigin(request: Request, url: URL, config: HostConfig): void {
  const host = request.headers.get("host");
  if (host === null) throw new PipekeepError("invalid_host", "a Host header is wanted, once");
  const named = HOST.test(host) ? host === url.host ? url : parsed(`http://${host}`) : undefined;
  if (named === undefined) throw new PipekeepError("invalid_host", "the Host header names no host");
  for (const { hostname } of [named, url]) {
    if (!isOurs(hostname, config)) {
      throw new PipekeepError("foreign_host", `host ${hostname} is not served here; see --allowed-host`);
    }
  }
  const origin = request.headers.get("origin");
  if (origin === null || SAFE_METHODS.has(request.method)) return;
  const from = parsed(origin);
  if (from === undefined || from.host !== url.host) {
    throw new PipekeepError("foreign_origin", `requests from pages of ${origin.slice(0, 100)} are not taken`);
  }
}

function parsed(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

function isOurs(hostname: string, config: HostConfig): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/^\[|\]$/g, "");
  return isLoopback(hostname) ||
    [config.host, ...config.allowed_hosts].some((own) => plain(own) === plain(hostname));
}
