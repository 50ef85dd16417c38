/**
 * The portable form of the executable: a `sh` head (portable_head.sh), then a gzip'd tar of the deno runtime and the
 * bundled program (docs/decisions/0004-portable-executable.md).
 *
 * @module
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type ArchiveFile, tar } from "./tar.ts";

/** What the head compares with `uname -sm`, and the loader that the runtime is linked to; none on macOS. */
export interface Platform {
  built_for: string;
  loader: string;
}

const PLATFORMS: Record<string, Platform> = {
  "linux-x86_64": { built_for: "Linux x86_64", loader: "/lib64/ld-linux-x86-64.so.2" },
  "linux-aarch64": { built_for: "Linux aarch64", loader: "/lib/ld-linux-aarch64.so.1" },
  "darwin-x86_64": { built_for: "Darwin x86_64", loader: "" },
  "darwin-aarch64": { built_for: "Darwin arm64", loader: "" },
};

/** @throws {Error} where a portable executable cannot be made: the head is a `sh` script */
export function platformOf({ os, arch }: { os: string; arch: string }): Platform {
  const platform = PLATFORMS[`${os}-${arch}`];
  if (platform === undefined) throw new Error(`there is no portable form for ${os} on ${arch}`);
  return platform;
}

export interface PortableOptions {
  platform: Platform;
  /** What `deno run` is told before the program's name. */
  flags: readonly string[];
  files: readonly ArchiveFile[];
}

/** The whole executable. The same files give the same bytes, and `contents`, their hash, names the cache folder. */
export function packPortable({ platform, flags, files }: PortableOptions): {
  contents: string;
  bytes: Uint8Array<ArrayBuffer>;
} {
  const archive = concatenate([...tar(files)]);
  const contents = createHash("sha256").update(archive).digest("hex").slice(0, 32);
  const head = new TextEncoder().encode(fillHead({
    BUILT_FOR: platform.built_for,
    LOADER: platform.loader,
    CONTENTS: contents,
    FLAGS: flags.map(quoteForShell).join(" "),
  }));
  return { contents, bytes: concatenate([head, gzipSync(archive, { level: 9 })]) };
}

/** The head's text. Where the archive begins depends on how long the number is that says so. */
function fillHead(values: Record<string, string>): string {
  const template = Deno.readTextFileSync(new URL("portable_head.sh", import.meta.url))
    .replaceAll(/@([A-Z]+_?[A-Z]+)@/g, (mark, name: string) => values[name] ?? mark);
  for (let payloadAt = 0;;) {
    const head = template.replace("@PAYLOAD_AT@", String(payloadAt));
    const length = new TextEncoder().encode(head).length;
    if (payloadAt === length + 1) return head;
    payloadAt = length + 1;
  }
}

/** One word of a shell command that means exactly `text`. */
export function quoteForShell(text: string): string {
  return /^[\w=/.:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
