/** What benches measured, commit by commit: one JSON line per table of claims in bench/history.jsonl. */
import { type Claim, median, printClaims } from "./_figures.ts";
import { type BenchOptions, output } from "./_harness.ts";

const HISTORY = new URL("history.jsonl", import.meta.url);

/** One line. Ratios can be compared between machines; what has a unit in its name only on the same one. */
export interface HistoryLine {
  bench: string;
  /** Short hash; with `+` when the tree was changed. */
  commit: string;
  /** The day, UTC. */
  date: string;
  cores: number;
  rounds: number;
  /** Claim → median of its rounds, three significant digits. */
  figures: Record<string, number>;
}

/** Prints the claims; with `--record` also appends them to the history. */
export async function report(bench: string, claims: readonly Claim[], options: BenchOptions): Promise<void> {
  printClaims(claims);
  if (!options.record) return;
  const changed = (await output("git", ["status", "--porcelain"])).trim() !== "";
  const line: HistoryLine = {
    bench: options.executable === undefined ? bench : `${bench}, executable`,
    commit: (await output("git", ["rev-parse", "--short", "HEAD"])).trim() + (changed ? "+" : ""),
    date: new Date().toISOString().slice(0, 10),
    cores: navigator.hardwareConcurrency,
    rounds: options.rounds,
    figures: figuresOf(claims),
  };
  await Deno.writeTextFile(HISTORY, JSON.stringify(line) + "\n", { append: true });
}

/** A claim that begins with spaces belongs to the one above, and has its name before its own. */
export function figuresOf(claims: readonly Claim[]): Record<string, number> {
  const figures: Record<string, number> = {};
  let above = "";
  for (const { name, values, goals } of claims) {
    if (!name.startsWith(" ")) above = name;
    const unit = goals?.find((goal) => goal.unit)?.unit;
    const key = (name.startsWith(" ") ? `${above} ${name.trim()}` : name) + (unit ? `, ${unit}` : "");
    figures[key] = Number(median(values).toPrecision(3));
  }
  return figures;
}
