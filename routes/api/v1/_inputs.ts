/** What the v1 routes' inputs have in common, with their messages: each says what is allowed. */
import { z } from "zod";
import { lazy } from "../../../http/lazy.ts";
import { parseLocalTime } from "../../../domain/format.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const MAX_LIMIT = 1000;
/** 9999-12-31: later years have no four digits. */
const MAX_TIME = 253_402_214_400_000;

/** An integer of the path or the query string: digits only, no sign, no exponent, no blank. */
function digits(min: number) {
  const message = `must be an integer from ${min} to ${MAX} in digits`;
  return z.string({ error: message }).regex(/^\d{1,16}$/, message).transform(Number)
    .refine((n) => n >= min && Number.isSafeInteger(n), message);
}

/** How many at once: more than 1000 counts as 1000. */
function size() {
  const message = "must be an integer of 1 or more in digits";
  return z.string({ error: message }).regex(/^\d{1,400}$/, message).transform(Number)
    .refine((n) => n >= 1, message).transform((n) => Math.min(n, MAX_LIMIT))
    .describe("50 unless told; above 1000 counts as 1000");
}

/** An integer of a JSON body. */
export function integer(min: number, max = MAX) {
  const message = `must be an integer from ${min} to ${max}`;
  return z.number({ error: message }).int(message).min(min, message).max(max, message);
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(", ")}`);
}

export const taskParams = lazy(() => z.object({ id: digits(1) }));
/** A project to narrow a list to; one that does not exist has no tasks. */
export const projectFilter = lazy(() => digits(0));
export const limit = lazy(size);
export const page = lazy(() =>
  digits(1).describe("counts from 1; with it, or page_size, `data` is an object")
);
export const page_size = lazy(size);

const WORD = "must be 1 to 256 characters, no control characters among them";
/** A word of a record: a name, a key, a token. */
export const word = lazy(() => z.string({ error: WORD }).regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, WORD));

const TEXT = "must be a string without U+0000";
/** Free text; a body's size is its limit. */
export const text = lazy(() => z.string({ error: TEXT }).refine((value) => !value.includes("\0"), TEXT));

const OBJECT = "must be a JSON object";
/** Kept as it was sent, whatever its names are. */
export const jsonObject = lazy(() =>
  z.custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    OBJECT,
  ).meta({ type: "object" })
);

const TIME = "must be an ISO-8601 time such as 2025-03-12T10:00:00, from 1970 to 9999";
/** A point in time as epoch milliseconds; without an offset it is the server's local time. */
export const time = lazy(() =>
  z.string({ error: TIME }).transform((value, context): number => {
    const at = parseLocalTime(value);
    if (at !== undefined && at >= 0 && at < MAX_TIME) return at;
    context.addIssue({ code: "custom", message: TIME });
    return z.NEVER;
  })
);
