/**
 * The hash chain over the operation log: what a sealed row's hash is made of. docs/operations.md says the same for auditors,
 * examples/verify_log.py does it in Python.
 *
 * @module
 */
import { hash } from "node:crypto";

/** The `previous_hash` of the first row. */
export const GENESIS = "0".repeat(64);

/** What is set when a row is sealed. */
export interface Seal {
  /** The first is 1. */
  sequence: number;
  previous_hash: string;
  hash: string;
}

/** The end of the chain. */
export type ChainEnd = Pick<Seal, "sequence" | "hash">;

/** Not part of the content: the hash itself, and the directory's name, which may change later. */
const UNSEALED = new Set(["hash", "volume_id"]);

/**
 * The text that is hashed: a JSON object of the row's columns by name, without spaces. Columns that are null are left out,
 * so that one which a later program adds changes no older hash.
 */
export function canonicalForm(row: object): string {
  const content: Record<string, unknown> = {};
  for (const name of namesOf(row)) {
    const value = (row as Record<string, unknown>)[name];
    if (value !== null) content[name] = value;
  }
  return JSON.stringify(content);
}

/** SHA-256 of the canonical form in UTF-8, in lower-case hexadecimal. */
export function hashOf(row: object): string {
  return hash("sha256", canonicalForm(row), "hex");
}

let lastColumns: string[] = [];
let lastNames: string[] = [];

/** The names of what is hashed, in order: sorted once for rows that have the same columns, as most have. */
function namesOf(row: object): readonly string[] {
  const columns = Object.keys(row);
  if (columns.length !== lastColumns.length || columns.some((name, i) => name !== lastColumns[i])) {
    lastColumns = columns;
    lastNames = columns.filter((name) => !UNSEALED.has(name)).sort();
  }
  return lastNames;
}

/** Seals rows one after the other behind `end`. Returns them with their seals, in their order. */
export function sealed<Row extends object>(rows: readonly Row[], end: ChainEnd): (Row & Seal)[] {
  let { sequence, hash: previous_hash } = end;
  return rows.map((row) => {
    const content = { ...row, sequence: ++sequence, previous_hash };
    const hash = hashOf(content);
    previous_hash = hash;
    return { ...content, hash };
  });
}

/** Why a row does not follow on `end`; undefined when it does. */
export function faultOf(
  row: object & Partial<Record<keyof Seal, unknown>>,
  end: ChainEnd,
): string | undefined {
  if (row.sequence !== end.sequence + 1) {
    return `it says ${row.sequence} where ${end.sequence + 1} follows`;
  }
  if (row.previous_hash !== end.hash) return "its previous_hash is not the hash of the row before it";
  if (row.hash !== hashOf(row)) return "its hash is not that of its content";
  return undefined;
}
