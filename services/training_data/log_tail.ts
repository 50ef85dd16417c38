/**
 * Reads a task's log from its end, newest entry first, in blocks: a log of 10 GB costs no memory and, as a page ends early
 * when it has looked at many bytes, little time. Runs in a Worker.
 *
 * An entry is a line `YYYY-MM-DD HH:MM:SS [LEVEL] logger: message` and the lines after it that are no such line (a
 * traceback).
 *
 * @module
 */
import * as fs from "node:fs";
import type { OpenFile } from "./open_file.ts";

export interface LogEntry {
  /** As it stands in the log, `YYYY-MM-DD HH:MM:SS` and perhaps a fraction; null, like the next two, before the first. */
  time: string | null;
  /** In upper case. */
  level: string | null;
  logger: string | null;
  message: string;
  /** Some of the message is left out: it is longer than an entry of an answer may be. */
  isCut: boolean;
}

/** Before this byte; `isCut`: an entry goes on behind it, of which nothing was given. */
export interface LogPosition {
  offset: number;
  isCut: boolean;
}

export interface LogPage {
  entries: LogEntry[];
  /** Where older entries are; undefined at the log's beginning. */
  next: LogPosition | undefined;
}

export interface LogRequest {
  before: LogPosition | undefined;
  limit: number;
  /** In upper case; undefined: all, those without a level too. */
  levels: readonly string[] | undefined;
}

const BLOCK_BYTES = 256 * 1024;
/** Looked at for one page. */
const MAX_SCANNED_BYTES = 32 * 1024 * 1024;
/** Of one entry in an answer, and of all of them. */
const MAX_ENTRY_BYTES = 64 * 1024;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Enough of a line to see whether an entry begins with it, and at which level. */
const HEAD_BYTES = 64;

const NEWLINE = 0x0a;
const HEAD = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,](\d{1,6}))? \[(\w{1,16})\] /;
/** A logger's name has no colon of its own. */
const LOGGER = /^([^:\n]{1,200}): ?/;

/** One page of the log as far as it went when it was opened. `next` differs from `before` whenever it is given. */
export function tailLog(file: OpenFile, { before, limit, levels }: LogRequest): LogPage {
  const start = Math.min(before?.offset ?? file.size, file.size);
  const wanted = levels === undefined ? undefined : new Set(levels);
  const entries: LogEntry[] = [];
  let isCut = before !== undefined && before.isCut && before.offset === start;
  /** Where the entry ends whose beginning is looked for. */
  let end = start;
  let scanned = 0;
  let given = 0;
  const take = (from: number, level: string | undefined) => {
    if (wanted === undefined || (level !== undefined && wanted.has(level))) {
      const length = Math.min(end - from, MAX_ENTRY_BYTES);
      const bytes = readAt(file, from, new Uint8Array(length));
      entries.push(entryOf(bytes, isCut || length < end - from));
      given += length;
    }
    isCut = false;
    end = from;
  };
  const buffer = new Uint8Array(Math.min(BLOCK_BYTES + HEAD_BYTES, file.size));
  for (let at = start; at > 0;) {
    const from = Math.max(0, at - BLOCK_BYTES);
    const block = readAt(file, from, buffer.subarray(0, Math.min(at - from + HEAD_BYTES, file.size - from)));
    // Shorter by now: somebody began it anew.
    if (block.length < at - from) return { entries, next: undefined };
    scanned += at - from;
    for (let i = block.lastIndexOf(NEWLINE, at - from - 1); i >= 0;) {
      const line = from + i + 1;
      const level = line < end ? levelOf(block.subarray(i + 1)) : undefined;
      if (level !== undefined) {
        take(line, level);
        if (entries.length >= limit || given >= MAX_PAGE_BYTES) {
          return { entries, next: { offset: end, isCut: false } };
        }
      }
      i = i === 0 ? -1 : block.lastIndexOf(NEWLINE, i - 1);
    }
    at = from;
    if (at > 0 && scanned >= MAX_SCANNED_BYTES) {
      // An entry longer than all that was looked at is cut here, so that the next page comes on.
      const next = end === start ? { offset: at, isCut: true } : { offset: end, isCut: false };
      return { entries, next };
    }
  }
  if (end > 0) take(0, levelOf(readAt(file, 0, buffer.subarray(0, Math.min(HEAD_BYTES, end)))));
  return { entries, next: undefined };
}

/** The level of the entry that begins with these bytes, or undefined when none does. */
function levelOf(line: Uint8Array): string | undefined {
  // Nearly every line that is none is told by this.
  if (line.length < 20 || line[4] !== 0x2d || line[7] !== 0x2d || line[10] !== 0x20) return undefined;
  return levelIn(String.fromCharCode(...line.subarray(0, HEAD_BYTES)));
}

function levelIn(head: string): string | undefined {
  const level = HEAD.exec(head)?.[3]?.toUpperCase();
  return level === "WARN" ? "WARNING" : level === "FATAL" ? "CRITICAL" : level;
}

function entryOf(bytes: Uint8Array, isCut: boolean): LogEntry {
  const text = withoutLastNewlines(decode(bytes, isCut).replaceAll("\r\n", "\n"));
  const head = HEAD.exec(text);
  if (head === null) return { time: null, level: null, logger: null, message: text, isCut };
  const rest = text.slice(head[0].length);
  const logger = LOGGER.exec(rest);
  return {
    time: head[2] === undefined ? head[1]! : `${head[1]}.${head[2]}`,
    level: levelIn(text)!,
    logger: logger?.[1] ?? null,
    message: rest.slice(logger?.[0].length ?? 0),
    isCut,
  };
}

/** (As a pattern, it would be looked for at every newline of a long run, to the run's end each time.) */
function withoutLastNewlines(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\n") end--;
  return text.slice(0, end);
}

/** UTF-8; else GB18030, as Windows writes it (GBK is a part of it); else UTF-8 with replacement characters. */
function decode(bytes: Uint8Array, isCut: boolean): string {
  for (const encoding of ["utf-8", "gb18030"]) {
    try {
      // With more to come, half of a character at the end is no error.
      return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: isCut });
    } catch { /* the next one */ }
  }
  return new TextDecoder().decode(bytes);
}

/** Fills `buffer` from `position` on and returns what of it is filled: less at the file's end. */
function readAt(file: OpenFile, position: number, buffer: Uint8Array): Uint8Array {
  let filled = 0;
  while (filled < buffer.length) {
    const read = fs.readSync(file.fd, buffer, filled, buffer.length - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
