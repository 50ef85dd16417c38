/** What ends a command: its one line on standard error, and its exit code. */
import { kindOf, PipekeepError } from "../domain/errors.ts";

/** The command line or the environment holds something that is not allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command could not do what it was asked. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** 2: wrong use, unknown words, wrong values. 1: refused, failed, or nobody foresaw it. */
export function exitCodeOf(error: unknown): 1 | 2 {
  if (error instanceof UsageError) return 2;
  return error instanceof PipekeepError && kindOf(error.code) === "invalid" ? 2 : 1;
}
