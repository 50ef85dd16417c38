/** The v0 envelope (api.md 1): `{success, code, message, data}`. */
import { z } from "zod";
import { lazy } from "../../../http/lazy.ts";
import type { Failure, Family } from "../../../http/family.ts";
import type { FieldProblem } from "../../../domain/errors.ts";
import { BATCH_FAILURES, INPUT_WORDS, RECEIVED, SENTENCES, textOf, VISIBLE_CODES } from "./_texts.ts";
import { EXAMPLES } from "./_examples.ts";

export const family: Family = {
  words: INPUT_WORDS,
  success: (reply, status) => ({
    success: reply.success ?? true,
    code: status,
    message: reply.message ?? "success",
    data: reply.data,
  }),
  failure: (failure) => {
    const { problems, more_problems } = failure.details;
    if (problems !== undefined) return invalidInput(failure.status, problems, more_problems);
    return {
      success: false,
      code: failure.status,
      message: textOf(failure),
      ...extras(failure),
    };
  },
  successSchema: (data) => z.strictObject({ success: z.boolean(), code: z.int(), message: z.string(), data }),
  examples: EXAMPLES,
  failureSchema: lazy(() =>
    z.strictObject({
      success: z.literal(false),
      code: z.int(),
      message: z.string(),
      data: z.strictObject({
        task_id: z.string().optional(),
        step_name: z.string().optional(),
        current_status: z.string(),
      }).nullable().optional(),
      error_code: z.enum(VISIBLE_CODES).optional(),
      missing_params: z.array(z.string()).optional(),
      invalid_params: z.array(z.string()).optional(),
    }).meta({ id: "V0Error" })
  ),
};

function extras({ code, details }: Failure): Record<string, unknown> {
  const error_code = BATCH_FAILURES[code]?.error_code;
  const { task_id, step_name, current_status } = details;
  const data = current_status === undefined ? null : { task_id, step_name, current_status };
  return { data, ...(error_code !== undefined && code !== "task_not_found" && { error_code }) };
}

/** Missing fields first, all of them; else the confirmation, else the first that does not fit. */
function invalidInput(status: number, problems: readonly FieldProblem[], more = 0): unknown {
  const missing = problems.filter((problem) => problem.kind === "missing").map((problem) => problem.field);
  const others = problems.filter((problem) => problem.kind !== "missing");
  const invalid = others.length > 0 ? { invalid_params: others.map((problem) => problem.field) } : {};
  const base = { success: false, code: status };
  const further = more > 0 ? `（另有${more}个问题未列出）` : "";
  if (missing.length > 0) {
    const message = `缺少必需参数: ${missing.join(", ")}${further}`;
    return { ...base, message, missing_params: missing, ...invalid };
  }
  const first = others.find((problem) => problem.field === "confirm") ?? others[0];
  const message = first === undefined ? "参数错误" : messageOf(first);
  return { ...base, message: message + further, ...invalid };
}

function messageOf(problem: FieldProblem): string {
  // The contract words these itself, and without what was received.
  const own = problem.message.split(RECEIVED)[0]!;
  if (Object.values(SENTENCES).includes(own)) return own;
  // As for an id that is text, but no id.
  if (problem.field === "task_id" && problem.kind === "invalid") return `无效的任务ID: ${problem.message}`;
  if (problem.kind === "unknown") return `${problem.message}: ${problem.field}`;
  return `参数${problem.field}无效: ${problem.message}`;
}
