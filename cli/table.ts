import { printable } from "./printable.ts";

/** Plain columns for a terminal: as wide as their widest cell, two spaces between; one line per row. */
export function table(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = head.map((title, i) => Math.max(width(title), ...rows.map((row) => width(row[i] ?? ""))));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => cell + " ".repeat(Math.max(0, widths[i]! - width(cell)))).join("  ").trimEnd();
  return [line(head), ...rows.map(line)].join("\n");
}

/** Columns that a text takes: Chinese characters and other wide ones take two. */
function width(text: string): number {
  return [...text].reduce(
    (sum, character) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
          character,
        )
        ? 2
        : 1),
    0,
  );
}
