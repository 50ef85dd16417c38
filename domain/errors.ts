/** The one error class, and the list of everything that can be refused or go wrong in a way the caller should know. */

export const ERROR_CODES = [
  // the request
  "invalid_input",
  "malformed_json",
  "body_too_large",
  "route_not_found",
  "method_not_allowed",
  "foreign_host",
  "foreign_origin",
  // tasks
  "invalid_task_id",
  "task_not_found",
  "step_not_found",
  "task_exists",
  "impossible_transition",
  // deletion
  "task_running",
  "deletion_in_progress",
  "path_forbidden",
  "permission_denied",
  "purge_incomplete",
  "training_data_unavailable",
  // jobs
  "job_not_found",
  "job_not_cancellable",
  "user_deletion_pending",
  // background tasks
  "background_task_not_found",
  "background_task_not_cancellable",
  "lease_lost",
  // who may call
  "unauthorized",
  "role_too_low",
  "too_many_failures",
  "key_exists",
  "key_not_found",
  "project_exists",
  "project_not_found",
  // the machine
  "storage_failed",
  "internal",
] as const;

export type ErrorCode = typeof ERROR_CODES[number];

/** One field that does not fit: which, what it was, and what is allowed. */
export interface FieldProblem {
  field: string;
  kind: "missing" | "unknown" | "invalid";
  message: string;
}

export interface ErrorDetails {
  task_id?: string;
  step_name?: string;
  current_status?: string;
  job_id?: number;
  background_task_id?: number;
  /** With `invalid_input`. */
  problems?: FieldProblem[];
  /** With `method_not_allowed`. */
  allow?: string[];
  /** With `too_many_failures`: seconds until the next try. */
  retry_after?: number;
}

/**
 * What a service throws when the caller needs to know. `message` is English, for the log and the command line; each
 * API family words its own answer from `code` and `details`.
 */
export class PipekeepError extends Error {
  override readonly name = "PipekeepError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}
