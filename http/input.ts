/** Checks what a request brings against an endpoint's schemas; what does not fit is named field by field. */
import type { z } from "zod";
import { type FieldProblem, PipekeepError } from "../domain/errors.ts";
import { isText } from "./text.ts";
import type { InputWords } from "./words.ts";

/** Characters of a value, and of a name, that a message shows. */
const SHOWN = 80;
const SHOWN_NAME = 100;
/** Problems that an answer names; of further ones it says the number. */
const MAX_PROBLEMS = 20;

const KINDS: readonly FieldProblem["kind"][] = ["missing", "invalid", "unknown"];

/**
 * Parses `raw` with `schema`.
 *
 * @throws {PipekeepError} invalid_input, with one problem per field: first what is missing in the schema's order
 */
export function parse<Output>(schema: z.ZodType<Output>, raw: unknown, words: InputWords): Output {
  const result = schema.safeParse(raw, { error: words.schemaMessages });
  if (result.success) return result.data;
  let more = 0;
  const problems = result.error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [problemOf(issue, raw, words)];
    more += Math.max(0, issue.keys.length - MAX_PROBLEMS);
    return issue.keys.slice(0, MAX_PROBLEMS).map((key): FieldProblem => ({
      field: fieldOf([...issue.path, key]),
      kind: "unknown",
      message: words.unknown,
    }));
  });
  throw invalid(problems, more);
}

/**
 * The error for these problems, one per field and at most 20; `more` that were found are not among them. When some
 * are left out, what is missing goes first and what is unknown last, the outermost object's before those inside.
 */
export function invalid(problems: readonly FieldProblem[], more = 0): PipekeepError {
  const byField = new Map<string, FieldProblem>();
  for (const problem of problems) if (!byField.has(problem.field)) byField.set(problem.field, problem);
  let unique = [...byField.values()];
  if (unique.length > MAX_PROBLEMS) {
    const weight = ({ kind, field }: FieldProblem) => KINDS.indexOf(kind) * 1000 + field.split(".").length;
    unique = unique.toSorted((a, b) => weight(a) - weight(b));
    more += unique.length - MAX_PROBLEMS;
  }
  const shown = unique.slice(0, MAX_PROBLEMS).map((problem) => ({
    ...problem,
    field: printable(problem.field),
  }));
  const first = shown[0];
  return new PipekeepError("invalid_input", first ? `${first.field}: ${first.message}` : "invalid input", {
    problems: shown,
    ...(more > 0 && { more_problems: more }),
  });
}

/**
 * Parses the parameters of a path, which are still percent-encoded.
 *
 * @throws {PipekeepError} invalid_input; what the schema says of a parameter comes first
 */
export function parsePath<Output>(
  schema: z.ZodType<Output>,
  encoded: Record<string, string>,
  words: InputWords,
): Output {
  const problems: FieldProblem[] = [];
  const texts: Record<string, string> = {};
  for (const [field, part] of Object.entries(encoded)) {
    const text = decoded(part);
    texts[field] = text ?? part;
    if (text === undefined) problems.push({ field, kind: "invalid", message: words.notUtf8 });
    else if (!isText(text)) problems.push({ field, kind: "invalid", message: words.notText });
  }
  const output = parse(schema, texts, words);
  if (problems.length > 0) throw invalid(problems);
  return output;
}

/**
 * Parses the query string of `url`.
 *
 * @throws {PipekeepError} invalid_input; what the schema says of a field comes first
 */
export function parseQuery<Output>(schema: z.ZodType<Output>, url: URL, words: InputWords): Output {
  const query = queryObject(url.searchParams, words);
  const output = parse(schema, query, words);
  const problems: FieldProblem[] = [];
  for (const [field, value] of Object.entries(query)) {
    if (!isText(field + value)) problems.push({ field, kind: "invalid", message: words.notText });
    // What is no UTF-8 was replaced; a replacement character that was sent as one stays.
    else if (
      value.includes("\ufffd") && url.search.slice(1).split("&").some((pair) => decoded(pair) === undefined)
    ) {
      problems.push({ field, kind: "invalid", message: words.notUtf8 });
    }
  }
  if (problems.length > 0) throw invalid(problems);
  return output;
}

/** The query as an object. Names that come twice are refused: which of them was meant? */
export function queryObject(search: URLSearchParams, words: InputWords): Record<string, string> {
  const query: Record<string, string> = {};
  const twice: FieldProblem[] = [];
  for (const [name, value] of search) {
    if (Object.hasOwn(query, name)) {
      twice.push({ field: name, kind: "invalid", message: words.givenTwice });
    }
    Object.defineProperty(query, name, { value, enumerable: true, configurable: true, writable: true });
  }
  if (twice.length > 0) throw invalid(twice);
  return query;
}

/** Undefined when there is no UTF-8 behind the percent signs. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function problemOf(issue: z.core.$ZodIssue, raw: unknown, words: InputWords): FieldProblem {
  const value = issue.path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === "object" ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
  const field = fieldOf(issue.path);
  if (value === undefined && issue.path.length > 0) {
    return { field, kind: "missing", message: words.missing };
  }
  return { field, kind: "invalid", message: words.withValue(issue.message, shown(value)) };
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "body" : path.map(String).join(".");
}

/** A value as a message can show it. */
function shown(value: unknown): string {
  return cut(JSON.stringify(value) ?? String(value), SHOWN);
}

/** A name as a message can show it: short, and control characters escaped. */
function printable(name: string): string {
  const short = cut(name, SHOWN_NAME);
  return /[\p{Cc}\p{Cs}]/u.test(short) ? JSON.stringify(short).slice(1, -1) : short;
}

function cut(text: string, length: number): string {
  // No half of a character at the end.
  return text.length > length ? text.slice(0, length).replace(/[\ud800-\udbff]$/, "") + "…" : text;
}
