/** How much of a campaign runs, and what it counted: a share in `deno task test`, all of it in `deno task test:long`. */

/** Where `deno task test:long` collects what was counted. */
const COUNTS = Deno.env.get("RELIABILITY_COUNTS");

export const isLong = COUNTS !== undefined;

/** All of `cases` in the long campaign; else `count` of them, evenly spread. */
export function shareOf<Case>(cases: readonly Case[], count: number): Case[] {
  if (isLong || cases.length <= count) return [...cases];
  return Array.from({ length: count }, (_, i) => cases[Math.floor((i * cases.length) / count)]!);
}

/** Adds to what the long campaign's table shows: such as `kills`, by campaign. */
export function count(campaign: string, what: string, n = 1): void {
  if (COUNTS === undefined) return;
  Deno.writeTextFileSync(COUNTS, JSON.stringify({ campaign, what, n }) + "\n", { append: true });
}

/** Random numbers in [0, 1) that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
