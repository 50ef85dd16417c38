/** What ends a command: its one line on standard error, and its exit code. */
import { type ErrorCode, kindOf } from "../domain/errors.ts";

/** Wrong use: unknown words, wrong values. */
export const EXIT_USAGE = 2;
/** Refused or failed. */
export const EXIT_FAILED = 1;

/** The command line or the environment holds something that is not allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command could not do what it was asked. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** The exit code of a refusal: what was asked wrongly is wrong use, all else has failed. */
export function exitCodeOf(code: ErrorCode): number {
  return kindOf(code) === "invalid" ? EXIT_USAGE : EXIT_FAILED;
}
