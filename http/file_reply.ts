/** A file as an answer: whole, a part of it (`Range`), or the word that it is still the same (`If-None-Match`). */
import { attachment } from "./content_disposition.ts";
import { mediaTypeOf } from "./media_type.ts";
import { parseRange } from "./range.ts";
import { isKnown } from "./response_cache.ts";

/** An open file. Exactly one of `stream` and `close` is called. */
export interface FileToSend {
  name: string;
  size: number;
  /** Epoch milliseconds; NaN: no time that JavaScript has. */
  modifiedAt: number;
  /** Differs when the file does. */
  version: string;
  stream(from: number, length: number): ReadableStream<Uint8Array>;
  close(): void;
}

/** The statuses of {@linkcode fileReply}, for an endpoint's `responses`. */
export const FILE_RESPONSES = {
  200: {
    description: "The file",
    content: "application/octet-stream",
    headers: {
      etag: "names this version of the file; weak while it is just being written",
      "accept-ranges": "bytes",
      "content-disposition": "the file's name (RFC 5987)",
    },
  },
  206: {
    description:
      "The part that `Range` asks for: one range of bytes; several are answered with the whole file",
    content: "application/octet-stream",
    headers: { "content-range": "which bytes of how many" },
  },
  304: { description: "Still what `If-None-Match` names" },
} as const;

export type FileReply =
  | { status: 200 | 206; headers: Record<string, string>; body: ReadableStream<Uint8Array> }
  | { status: 304; headers: Record<string, string>; body: null }
  /** Nothing there; the caller words it. */
  | { status: 416; headers: Record<string, string> };

/** The system's clock of changes may stand still this long: a file changed now may change again under the same time. */
const SETTLED_MS = 2000;

/** The answer to a request with these headers at `now` (epoch milliseconds). */
export function fileReply(file: FileToSend, request: Headers, now: number): FileReply {
  const isSettled = now - file.modifiedAt > SETTLED_MS;
  const opaque = `"${file.version}"`;
  const headers: Record<string, string> = {
    // One that is never known again: by then it may name other bytes.
    etag: isSettled ? opaque : `W/"${file.version}-unsettled"`,
    // Compressed on the way it would have no length and no ranges.
    "cache-control": "private, no-cache, no-transform",
  };
  if (isSettled && isKnown(request.get("if-none-match"), opaque)) {
    file.close();
    return { status: 304, headers, body: null };
  }
  // A part of what is not what the client has would not fit its other parts.
  const ifRange = request.get("if-range");
  const isSame = ifRange === null || (isSettled && ifRange.trim() === opaque);
  const range = isSame ? parseRange(request.get("range"), file.size) : undefined;
  if (range === "unsatisfiable") {
    file.close();
    return { status: 416, headers: { "content-range": `bytes */${file.size}` } };
  }
  const { from, length } = range ?? { from: 0, length: file.size };
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      "content-type": mediaTypeOf(file.name),
      "content-length": String(length),
      "content-disposition": attachment(file.name),
      "accept-ranges": "bytes",
      ...(!Number.isNaN(file.modifiedAt) && { "last-modified": new Date(file.modifiedAt).toUTCString() }),
      "x-content-type-options": "nosniff",
      // Saved or shown, it is nobody's page of this server.
      "content-security-policy": "sandbox; default-src 'none'",
      ...(range !== undefined && { "content-range": `bytes ${from}-${from + length - 1}/${file.size}` }),
    },
    body: file.stream(from, length),
  };
}
