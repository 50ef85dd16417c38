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
