/** Comma-separated values as RFC 4180 has them, for spreadsheets. */

/** What a file begins with, so that a spreadsheet reads it as UTF-8. */
export const BYTE_ORDER_MARK = "\ufeff";

/** Texts that a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

export type CsvCell = string | number | boolean | null;

/** One line with its end. A text that begins like a formula gets an apostrophe before it; numbers are left as they are. */
export function csvLine(cells: readonly CsvCell[]): string {
  return cells.map(cellOf).join(",") + "\r\n";
}

function cellOf(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
