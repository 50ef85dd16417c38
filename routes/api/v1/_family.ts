/** The v1 envelope (api.md 2): `{code, message, data}`, in English; `data` is null in an error. */
import { z } from "zod";
import type { Failure, Family } from "../../../http/family.ts";
import type { ErrorCode, ErrorDetails } from "../../../domain/errors.ts";

export const family: Family = {
  locale: "en",
  success: (reply, status) => ({ code: status, message: reply.message ?? "success", data: reply.data }),
  failure: (failure) => ({ code: failure.status, message: messageOf(failure), data: null }),
  successSchema: (data) => z.strictObject({ code: z.int(), message: z.string(), data }),
  failureSchema: z.strictObject({ code: z.int(), message: z.string(), data: z.null() }).meta({
    id: "V1Error",
  }),
};

/** What the source document words itself. */
const TEXTS: Partial<Record<ErrorCode, (details: ErrorDetails) => string>> = {
  background_task_not_found: () => "Task not found",
  background_task_not_cancellable: ({ current_status }) => `Cannot cancel task in ${current_status} state`,
};

function messageOf({ code, message, details }: Failure): string {
  const { problems = [], more_problems: more } = details;
  if (problems.length > 0) {
    const named = problems.map((problem) => `${problem.field}: ${problem.message}`);
    return [...named, ...(more === undefined ? [] : [`and ${more} more`])].join("; ");
  }
  return TEXTS[code]?.(details) ?? message;
}
