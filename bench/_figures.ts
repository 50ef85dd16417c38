/** Statistics of repeated measurements, and the tables they are printed in. */

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between two values it interpolates. @throws {Error} without values */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error("no values to take a quantile of");
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

/** One contender's values, one per round. */
export type Series = Record<string, number[]>;

/** Adds `value` to the series named `name`. */
export function record(series: Series, name: string, value: number): void {
  (series[name] ??= []).push(value);
}

/** A number with three significant digits. */
function short(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

/** Prints median, least and most of each series. */
export function printSeries(title: string, unit: string, series: Series): void {
  const rows = Object.entries(series).map(([name, values]) => [
    name,
    short(median(values)),
    `${short(Math.min(...values))} – ${short(Math.max(...values))}`,
    String(values.length),
  ]);
  console.log(`\n${title}`);
  printTable(["", `median, ${unit}`, "range", "rounds"], rows);
}

/** What is claimed of a ratio or a value. */
export interface Goal {
  at?: "most" | "least";
  value: number;
  unit?: string;
}

export interface Claim {
  name: string;
  /** One per round, of a pair measured in that round; the median is held against the goals. */
  values: readonly number[];
  goals?: readonly Goal[];
}

/** Ratios round by round: what was measured side by side is compared. */
export function ratios(over: readonly number[], under: readonly number[]): number[] {
  return over.map((value, round) => value / under[round]!);
}

/** Prints each claim's median with its range, and whether its goals are met. */
export function printClaims(claims: readonly Claim[]): void {
  const rows = claims.map(({ name, values, goals = [] }) => {
    const middle = median(values);
    const unit = goals[0]?.unit ? ` ${goals[0].unit}` : "";
    return [
      name,
      short(middle) + unit,
      `${short(Math.min(...values))} – ${short(Math.max(...values))}`,
      goals.map((goal) => verdict(goal, middle)).join("; "),
    ];
  });
  console.log("");
  printTable(["claim", "median of rounds", "range", "goal"], rows);
}

function verdict({ at = "most", value, unit }: Goal, measured: number): string {
  const isMet = at === "most" ? measured <= value : measured >= value;
  return `${at === "most" ? "≤" : "≥"} ${value}${unit ? ` ${unit}` : ""}: ${isMet ? "met" : "missed"}`;
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, i) =>
    Math.max(...[title, ...rows.map((row) => row[i]!)].map((t) => t.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join(" | ")
    } |`;
  console.log(line(head));
  console.log(`|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  for (const row of rows) console.log(line(row));
}
