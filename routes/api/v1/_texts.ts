/** The words of v1 (api.md 2). */
import type { ErrorCode, ErrorDetails } from "../../../domain/errors.ts";
import type { Failure } from "../../../http/family.ts";

/** What the source document words itself. */
const TEXTS: Partial<Record<ErrorCode, (details: ErrorDetails) => string>> = {
  background_task_not_found: () => "Task not found",
  background_task_not_cancellable: ({ current_status }) => `Cannot cancel task in ${current_status} state`,
};

/** What the answer to a failure says: every field that does not fit, or the error itself. */
export function messageOf({ code, message, details }: Failure): string {
  const { problems = [], more_problems: more } = details;
  if (problems.length > 0) {
    const named = problems.map((problem) => `${problem.field}: ${problem.message}`);
    return [...named, ...(more === undefined ? [] : [`and ${more} more`])].join("; ");
  }
  return TEXTS[code]?.(details) ?? message;
}
