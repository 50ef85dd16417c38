/** What ends a command: its one line on standard error, and its exit code. */
import type { ErrorCode } from "../domain/errors.ts";

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

/** Error code → exit code. Typed over all codes: a new one without an exit code does not compile. */
export const EXIT_CODE: Record<ErrorCode, number> = {
  invalid_input: EXIT_USAGE,
  invalid_task_id: EXIT_USAGE,
  malformed_json: EXIT_USAGE,
  body_too_large: EXIT_USAGE,
  route_not_found: EXIT_FAILED,
  method_not_allowed: EXIT_FAILED,
  foreign_host: EXIT_FAILED,
  foreign_origin: EXIT_FAILED,
  task_not_found: EXIT_FAILED,
  step_not_found: EXIT_FAILED,
  task_exists: EXIT_FAILED,
  impossible_transition: EXIT_FAILED,
  task_running: EXIT_FAILED,
  deletion_in_progress: EXIT_FAILED,
  path_forbidden: EXIT_FAILED,
  permission_denied: EXIT_FAILED,
  purge_incomplete: EXIT_FAILED,
  training_data_unavailable: EXIT_FAILED,
  job_not_found: EXIT_FAILED,
  job_not_cancellable: EXIT_FAILED,
  user_deletion_pending: EXIT_FAILED,
  background_task_not_found: EXIT_FAILED,
  background_task_not_cancellable: EXIT_FAILED,
  lease_lost: EXIT_FAILED,
  unauthorized: EXIT_FAILED,
  role_too_low: EXIT_FAILED,
  too_many_failures: EXIT_FAILED,
  key_exists: EXIT_FAILED,
  key_not_found: EXIT_FAILED,
  project_exists: EXIT_FAILED,
  project_not_found: EXIT_FAILED,
  storage_failed: EXIT_FAILED,
  internal: EXIT_FAILED,
};
