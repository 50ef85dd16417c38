/** What ends a command: its one line on standard error, and its exit code. */
import { type ErrorCode, PipekeepError } from "../services/errors.ts";

/** The command line or the environment holds something that is not allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command could not do what it was asked. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** What the caller has to write differently. */
const WRONG_USE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "invalid_input",
  "invalid_task_id",
  "malformed_json",
  "body_too_large",
]);

/** 2: wrong use, unknown words, wrong values. 1: refused, failed, or nobody foresaw it. */
export function exitCodeOf(error: unknown): 1 | 2 {
  if (error instanceof UsageError) return 2;
  return error instanceof PipekeepError && WRONG_USE.has(error.code) ? 2 : 1;
}
