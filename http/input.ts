/** Checks what a request brings against an endpoint's schemas; what does not fit is named field by field. */
import { z } from "zod";
import { type FieldProblem, PipekeepError } from "../domain/errors.ts";
import type { Family } from "./family.ts";

const LOCALES = { zh: z.locales.zhCN().localeError, en: z.locales.en().localeError };
const SHOWN = 80;

/**
 * Parses `raw` with `schema`.
 *
 * @throws {PipekeepError} invalid_input, with one problem per field: first what is missing in the schema's order
 */
export function parse<Output>(schema: z.ZodType<Output>, raw: unknown, locale: Family["locale"]): Output {
  const result = schema.safeParse(raw, { error: LOCALES[locale] });
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap((issue) => problemsOf(issue, raw, locale)));
}

/** @returns the error for these problems, one per field */
export function invalid(problems: readonly FieldProblem[]): PipekeepError {
  const byField = new Map<string, FieldProblem>();
  for (const problem of problems) if (!byField.has(problem.field)) byField.set(problem.field, problem);
  const unique = [...byField.values()];
  const first = unique[0];
  return new PipekeepError("invalid_input", first ? `${first.field}: ${first.message}` : "invalid input", {
    problems: unique,
  });
}

/** The query as an object. Names that come twice are refused: which of them was meant? */
export function queryObject(search: URLSearchParams, locale: Family["locale"]): Record<string, string> {
  const query: Record<string, string> = {};
  const twice: FieldProblem[] = [];
  for (const [name, value] of search) {
    if (Object.hasOwn(query, name)) {
      const message = locale === "zh" ? "参数重复出现" : "given more than once";
      twice.push({ field: name, kind: "invalid", message });
    }
    Object.defineProperty(query, name, { value, enumerable: true, configurable: true, writable: true });
  }
  if (twice.length > 0) throw invalid(twice);
  return query;
}

function problemsOf(issue: z.core.$ZodIssue, raw: unknown, locale: Family["locale"]): FieldProblem[] {
  if (issue.code === "unrecognized_keys") {
    const message = locale === "zh" ? "未知参数" : "unknown field";
    return issue.keys.map((key) => ({ field: fieldOf([...issue.path, key]), kind: "unknown", message }));
  }
  const value = issue.path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === "object" ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
  const field = fieldOf(issue.path);
  if (value === undefined && issue.path.length > 0) {
    return [{ field, kind: "missing", message: locale === "zh" ? "缺少必需参数" : "required" }];
  }
  return [{ field, kind: "invalid", message: withValue(issue.message, value, locale) }];
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "body" : path.map(String).join(".");
}

function withValue(message: string, value: unknown, locale: Family["locale"]): string {
  const text = JSON.stringify(value) ?? String(value);
  const shown = text.length > SHOWN ? text.slice(0, SHOWN) + "…" : text;
  return locale === "zh" ? `${message}（收到: ${shown}）` : `${message}, not ${shown}`;
}
