/**
 * Paths whose names are bytes, as the file system has them: one character (U+0000 to U+00FF) per byte, components
 * joined by `/`. A name in another encoding than UTF-8 stays exact, and strings are cheap to hand to a Worker.
 *
 * @module
 */

/** Relative to a directory that is known otherwise; never empty, absolute, or with `.` or `..` in it. */
export type BytePath = string;

/** A name as libc takes it: its bytes and a NUL. */
export function terminated(name: BytePath): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(name.length + 1);
  for (let i = 0; i < name.length; i++) bytes[i] = name.charCodeAt(i);
  return bytes;
}

/** The bytes before the first NUL, from `start`. */
export function nameAt(bytes: Uint8Array, start: number): BytePath {
  let name = "";
  for (let i = start; bytes[i] !== 0; i++) name += String.fromCharCode(bytes[i]!);
  return name;
}

/** For people, and for calls that want text: what is no UTF-8 becomes U+FFFD. */
export function textOf(path: BytePath): string {
  return new TextDecoder().decode(terminated(path).subarray(0, path.length));
}

/** The bytes of a text that the runtime gave. */
export function bytePathOf(text: string): BytePath {
  let path = "";
  for (const byte of new TextEncoder().encode(text)) path += String.fromCharCode(byte);
  return path;
}
