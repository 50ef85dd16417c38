/** How times and sizes look in v0 and v1 (api.md 0). */

/**
 * Server-local ISO-8601 without offset, six fraction digits when the fraction is not zero:
 * `2025-07-02T22:57:21.317000`, `2025-03-12T10:00:00`.
 */
export function formatLocalTime(epochMs: number): string {
  const t = new Date(epochMs);
  const ms = t.getMilliseconds();
  return `${String(t.getFullYear()).padStart(4, "0")}-${two(t.getMonth() + 1)}-${two(t.getDate())}T` +
    `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}` +
    (ms === 0 ? "" : `.${String(ms).padStart(3, "0")}000`);
}

/** {@linkcode formatLocalTime}, and null for null. */
export function formatOptionalTime(epochMs: number | null): string | null {
  return epochMs === null ? null : formatLocalTime(epochMs);
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
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
