/** How times and sizes look in v0 and v1 (api.md 0). */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** "00" to "59". */
const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));
/** "00:00:" to "23:59:", by the minute of the day. */
const MINUTES = Array.from(
  { length: 24 * 60 },
  (_, minute) => `${TWO_DIGITS[Math.floor(minute / 60)]}:${TWO_DIGITS[minute % 60]}:`,
);
/** Later, every zone's offset is a whole number of minutes (Liberia's was the last, in 1972), as the runtime tells it. */
const WHOLE_MINUTES_FROM = Date.UTC(1973);
/** Some eleven years; records lie closer together. */
const REMEMBERED_DAYS = 4096;
/** Day, counted from 1970-01-01, → `1970-01-01T`. */
const days = new Map<number, string>();

/**
 * Server-local ISO-8601 without offset, six fraction digits when the fraction is not zero:
 * `2025-07-02T22:57:21.317000`, `2025-03-12T10:00:00`. A page of a list has two hundred of them, so only the offset is
 * asked of the runtime each time.
 */
export function formatLocalTime(epochMs: number): string {
  if (epochMs < WHOLE_MINUTES_FROM) return formatByFields(epochMs);
  const local = epochMs - new Date(epochMs).getTimezoneOffset() * MINUTE_MS;
  const day = Math.floor(local / DAY_MS);
  const inDay = local - day * DAY_MS;
  const minute = Math.floor(inDay / MINUTE_MS);
  const inMinute = inDay - minute * MINUTE_MS;
  const ms = inMinute % 1000;
  const text = (days.get(day) ?? formatDay(day)) + MINUTES[minute] + TWO_DIGITS[(inMinute - ms) / 1000];
  return text + formatFraction(ms);
}

/** The straightforward way. */
function formatByFields(epochMs: number): string {
  const t = new Date(epochMs);
  const two = (n: number) => TWO_DIGITS[n];
  return `${String(t.getFullYear()).padStart(4, "0")}-${two(t.getMonth() + 1)}-${two(t.getDate())}T` +
    `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}${
      formatFraction(t.getMilliseconds())
    }`;
}

function formatFraction(ms: number): string {
  return ms === 0 ? "" : `.${String(ms).padStart(3, "0")}000`;
}

function formatDay(day: number): string {
  const date = new Date(day * DAY_MS);
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const text = `${year}-${TWO_DIGITS[date.getUTCMonth() + 1]}-${TWO_DIGITS[date.getUTCDate()]}T`;
  if (days.size >= REMEMBERED_DAYS) days.clear();
  days.set(day, text);
  return text;
}

/** {@linkcode formatLocalTime}, and null for null. */
export function formatOptionalTime(epochMs: number | null): string | null {
  return epochMs === null ? null : formatLocalTime(epochMs);
}

/**
 * Reads an ISO-8601 date or time: with `Z` or an offset as it says, without as server-local. A date alone is its
 * midnight. Returns epoch milliseconds, or undefined when it is no such time.
 */
export function parseLocalTime(text: string): number | undefined {
  try {
    if (/T.*(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
    return Temporal.PlainDateTime.from(text).toZonedDateTime(Temporal.Now.timeZoneId()).epochMilliseconds;
  } catch {
    return undefined;
  }
}

const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];

/** Base 1024 with one decimal (`2.5 MB`), whole below 1024 (`0 B`, `812 B`). */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes;
  let unit = 0;
  // 1023.95 and more would print as 1024.0.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}
