/** Ids that sort by time: 9 characters of base-36 milliseconds, 16 random ones. */
export function newId(now: number): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const suffix = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${now.toString(36).padStart(9, "0")}-${suffix}`;
}
