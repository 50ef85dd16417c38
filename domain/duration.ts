/** Lengths of time as people write them. */

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What {@linkcode readDuration} takes, for messages. */
export const DURATION = "0, or a whole number with s, m, h or d, such as 24h or 7d";

/** Milliseconds, or undefined for anything but `0` or a whole number and `s`, `m`, `h` or `d`. */
export function readDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const found = /^(\d{1,6})([smhd])$/.exec(text);
  return found === null ? undefined : Number(found[1]) * UNIT_MS[found[2]!]!;
}

/** The longest that a timer waits: with more it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * That a setting is a time that a timer can wait.
 *
 * @throws {RangeError} naming the setting, its value and what is allowed
 */
export function assertTimer(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= MAX_TIMER_MS) return;
  throw new RangeError(
    `${name} is ${value}, but must be a whole number of milliseconds from ${min} to ${MAX_TIMER_MS}`,
  );
}
