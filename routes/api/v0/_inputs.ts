/** What the v0 routes' inputs have in common, with their messages. */
import { z } from "zod";
import { lazy } from "../../../http/lazy.ts";
import type { PageRequest, Position } from "../../../services/tasks/pipeline_tasks.ts";
import { SENTENCES } from "./_texts.ts";
import { parseLocalTime } from "../../../domain/format.ts";

export const MAX_BATCH = 1000;
const MAX_LIMIT = 1000;

/** An integer of the query string: digits only, no sign, no exponent. */
function digits(message: string) {
  return z.string({ error: message }).regex(/^\d{1,400}$/, message);
}

const limit = lazy(() =>
  digits("必须是大于等于1的整数").transform(Number).refine((n) => n >= 1, "必须是大于等于1的整数")
    .transform((n) => Math.min(n, MAX_LIMIT))
    .describe("1 or more; above 1000 counts as 1000")
);

const OFFSET = "必须是0到9007199254740991之间的整数";
const offset = lazy(() => digits(OFFSET).transform(Number).refine((n) => Number.isSafeInteger(n), OFFSET));

const cursor = lazy(() =>
  z.string().transform((text, context): Position => {
    const position = decodeCursor(text);
    if (position !== undefined) return position;
    context.addIssue({ code: "custom", message: "必须是上一页返回的next_cursor" });
    return z.NEVER;
  }).describe("next_cursor of the page before; cheaper than a deep offset")
);

/** A point in time in the query string, as epoch milliseconds. */
export const time = lazy(() =>
  z.string().transform((text, context): number => {
    const at = parseLocalTime(text);
    if (at !== undefined) return at;
    context.addIssue({ code: "custom", message: "必须是ISO-8601时间，例如2025-07-02T22:57:21" });
    return z.NEVER;
  }).describe("ISO-8601; without offset it is the server's local time")
);

/** A project to narrow a list to; one that does not exist has no tasks. */
export const projectFilter = lazy(() => z.string().regex(/^\d{1,15}$/, "必须是整数").transform(Number));

export const flag = lazy(() => z.enum(["true", "false"]).transform((text) => text === "true"));

/** The paging of every list. */
export const paging = lazy(() => ({
  limit: limit().optional(),
  offset: offset().optional(),
  cursor: cursor().optional(),
}));

/** @returns what the query asks for: 50 from the start, unless told */
export function pageOf(query: { limit?: number; offset?: number; cursor?: Position }): PageRequest {
  return {
    limit: query.limit ?? 50,
    offset: query.cursor === undefined ? query.offset ?? 0 : 0,
    ...(query.cursor !== undefined && { after: query.cursor }),
  };
}

/** An opaque word for a position in a list. */
export function encodeCursor(position: Position): string {
  return btoa(`${position.at} ${position.id}`).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function decodeCursor(text: string): Position | undefined {
  try {
    const [, at, id] = /^(-?\d{1,16}) ([\w.-]{1,64})$/.exec(
      atob(text.replaceAll("-", "+").replaceAll("_", "/")),
    )!;
    return { at: Number(at), id: id! };
  } catch {
    return undefined;
  }
}

/** How many entries of a list; above 1000 counts as 1000. */
export const limitInput = limit;

/** A cursor that is a text of its own, written by {@linkcode encodeWord}. */
export const wordCursor = lazy(() =>
  z.string().transform((encoded, context): string => {
    const text = decodeWord(encoded);
    if (text !== undefined) return text;
    context.addIssue({ code: "custom", message: "必须是上一页返回的next_cursor" });
    return z.NEVER;
  }).describe("next_cursor of the page before")
);

/** An opaque word for a text. */
export function encodeWord(text: string): string {
  return new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
}

function decodeWord(encoded: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(encoded, { alphabet: "base64url" });
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The options of both deletions; `confirm` is not needed for a dry run. */
export const deletionOptions = lazy(() => ({
  confirm: z.boolean({ error: SENTENCES.confirm }).optional().describe("must be true, except for a dry run"),
  delete_database_records: z.boolean().default(false),
  force: z.boolean().default(false).describe("delete it even while it is running"),
  dry_run: z.boolean().default(false).describe("measure exactly, change nothing"),
  async: z.boolean().default(false).describe("202 and a job at once; also by `Prefer: respond-async`"),
}));

/** A dry run destroys nothing; everything else wants the word. */
export const confirmed = {
  check: (body: unknown) => {
    const { confirm, dry_run } = body as { confirm?: unknown; dry_run?: unknown };
    return confirm === true || dry_run === true;
  },
  // Missing or wrong, it is said beside whatever else is missing or wrong.
  options: {
    path: ["confirm"],
    error: SENTENCES.confirm,
    when: ({ value }: { value: unknown }) => isObject(value),
  },
};

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const TEXT_MAX = 4096;
const NO_NUL = /^[^\0]*$/;
/** Free text of a record. */
export const text = lazy(() => z.string().max(TEXT_MAX).regex(NO_NUL, "不能包含NUL字符"));
/** A word of a record: a name, a user. */
export const word = lazy(() => z.string().min(1).max(256).regex(NO_NUL, "不能包含NUL字符"));

// Both are kept as they were sent, whatever their names are: `z.record` and `z.json` drop `__proto__`.
export const jsonObject = lazy(() =>
  z.custom<Record<string, unknown>>(isObject, "必须是JSON对象").meta({
    type: "object",
  })
);
/** What JSON.parse made; there is nothing else to check. */
export const jsonValue = lazy(() => z.unknown().describe("any JSON value"));

export const taskParams = lazy(() => z.object({ task_id: z.string() }));
