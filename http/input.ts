/** Checks what a request brings against an endpoint's schemas; what does not fit is named field by field. */
import { z } from "zod";
import { type FieldProblem, PipekeepError } from "../domain/errors.ts";
import type { Family } from "./family.ts";
import { isText, NO_TEXT } from "./text.ts";

const LOCALES = { zh: z.locales.zhCN().localeError, en: z.locales.en().localeError };
/** Characters of a value, and of a name, that a message shows. */
const SHOWN = 80;
const SHOWN_NAME = 100;
/** Problems that an answer names; of further ones it says the number. */
const MAX_PROBLEMS = 20;

const KINDS: readonly FieldProblem["kind"][] = ["missing", "invalid", "unknown"];

const UNKNOWN = { zh: "未知参数", en: "unknown field" };
const NO_UTF8 = { zh: "必须是百分号编码的UTF-8", en: "must be percent-encoded UTF-8" };
export const GIVEN_TWICE = { zh: "参数重复出现", en: "given more than once" };

/**
 * Parses `raw` with `schema`.
 *
 * @throws {PipekeepError} invalid_input, with one problem per field: first what is missing in the schema's order
 */
export function parse<Output>(schema: z.ZodType<Output>, raw: unknown, locale: Family["locale"]): Output {
  const result = schema.safeParse(raw, { error: LOCALES[locale] });
  if (result.success) return result.data;
  let more = 0;
  const problems = result.error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [problemOf(issue, raw, locale)];
    more += Math.max(0, issue.keys.length - MAX_PROBLEMS);
    return issue.keys.slice(0, MAX_PROBLEMS).map((key): FieldProblem => ({
      field: fieldOf([...issue.path, key]),
      kind: "unknown",
      message: UNKNOWN[locale],
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
  locale: Family["locale"],
): Output {
  const problems: FieldProblem[] = [];
  const texts: Record<string, string> = {};
  for (const [field, part] of Object.entries(encoded)) {
    const text = decoded(part);
    texts[field] = text ?? part;
    if (text === undefined) problems.push({ field, kind: "invalid", message: NO_UTF8[locale] });
    else if (!isText(text)) problems.push({ field, kind: "invalid", message: NO_TEXT[locale] });
  }
  const output = parse(schema, texts, locale);
  if (problems.length > 0) throw invalid(problems);
  return output;
}

/**
 * Parses the query string of `url`.
 *
 * @throws {PipekeepError} invalid_input; what the schema says of a field comes first
 */
export function parseQuery<Output>(schema: z.ZodType<Output>, url: URL, locale: Family["locale"]): Output {
  const query = queryObject(url.searchParams, locale);
  const output = parse(schema, query, locale);
  const problems: FieldProblem[] = [];
  for (const [field, value] of Object.entries(query)) {
    if (!isText(field + value)) problems.push({ field, kind: "invalid", message: NO_TEXT[locale] });
    // What is no UTF-8 was replaced; a replacement character that was sent as one stays.
    else if (
      value.includes("\ufffd") && url.search.slice(1).split("&").some((pair) => decoded(pair) === undefined)
    ) {
      problems.push({ field, kind: "invalid", message: NO_UTF8[locale] });
    }
  }
  if (problems.length > 0) throw invalid(problems);
  return output;
}

/** The query as an object. Names that come twice are refused: which of them was meant? */
export function queryObject(search: URLSearchParams, locale: Family["locale"]): Record<string, string> {
  const query: Record<string, string> = {};
  const twice: FieldProblem[] = [];
  for (const [name, value] of search) {
    if (Object.hasOwn(query, name)) {
      twice.push({ field: name, kind: "invalid", message: GIVEN_TWICE[locale] });
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

function problemOf(issue: z.core.$ZodIssue, raw: unknown, locale: Family["locale"]): FieldProblem {
  const value = issue.path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === "object" ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
  const field = fieldOf(issue.path);
  if (value === undefined && issue.path.length > 0) {
    return { field, kind: "missing", message: locale === "zh" ? "缺少必需参数" : "required" };
  }
  return { field, kind: "invalid", message: withValue(issue.message, value, locale) };
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "body" : path.map(String).join(".");
}

function withValue(message: string, value: unknown, locale: Family["locale"]): string {
  const shown = cut(JSON.stringify(value) ?? String(value), SHOWN);
  return locale === "zh" ? `${message}（收到: ${shown}）` : `${message}, not ${shown}`;
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
