/**
 * The one error class, and everything that can be refused or go wrong in a way the caller should know: each code is of one
 * kind, and what a kind means (an HTTP status, an exit code) is decided where it is answered. A new code is one line.
 */

/** What the caller can do about it. */
export type ErrorKind =
  /** Ask differently. */
  | "invalid"
  /** Say who asks. */
  | "unauthenticated"
  /** Not with these rights, or not to this thing. */
  | "forbidden"
  | "not_found"
  /** Not in the state that it is in. */
  | "conflict"
  /** Later, less often. */
  | "too_many"
  /** Later: the machine is not ready. */
  | "unavailable"
  /** Nothing: a bug, or the machine's fault. */
  | "internal";

const KINDS = {
  // the request
  invalid_input: "invalid",
  malformed_json: "invalid",
  body_too_large: "invalid",
  body_too_slow: "invalid",
  url_too_long: "invalid",
  route_not_found: "not_found",
  method_not_allowed: "invalid",
  invalid_host: "invalid",
  foreign_host: "forbidden",
  foreign_origin: "forbidden",
  // tasks
  invalid_task_id: "invalid",
  task_not_found: "not_found",
  step_not_found: "not_found",
  task_exists: "conflict",
  impossible_transition: "conflict",
  // files of a task
  invalid_file_path: "invalid",
  task_directory_gone: "not_found",
  file_not_found: "not_found",
  file_forbidden: "forbidden",
  file_unreadable: "forbidden",
  // deletion
  task_running: "conflict",
  deletion_in_progress: "conflict",
  path_forbidden: "forbidden",
  permission_denied: "forbidden",
  purge_incomplete: "internal",
  training_data_unavailable: "unavailable",
  // jobs
  job_not_found: "not_found",
  job_not_cancellable: "invalid",
  user_deletion_pending: "conflict",
  // background tasks
  background_task_not_found: "not_found",
  background_task_not_cancellable: "invalid",
  lease_lost: "conflict",
  // who may call
  unauthorized: "unauthenticated",
  role_too_low: "forbidden",
  too_many_failures: "too_many",
  key_exists: "conflict",
  key_not_found: "not_found",
  project_exists: "conflict",
  project_not_found: "not_found",
  // the machine
  storage_failed: "internal",
  internal: "internal",
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof KINDS;

/** The kind of a code. */
export function kindOf(code: ErrorCode): ErrorKind {
  return KINDS[code];
}

/** One field that does not fit: which, what it was, and what is allowed. */
export interface FieldProblem {
  field: string;
  kind: "missing" | "unknown" | "invalid";
  message: string;
}

export interface ErrorDetails {
  task_id?: string;
  step_name?: string;
  /** Relative to the task's directory. */
  file_path?: string;
  current_status?: string;
  job_id?: number;
  background_task_id?: number;
  /** With `invalid_input`; not too many for an answer. */
  problems?: FieldProblem[];
  /** With `invalid_input`: how many further problems were found. */
  more_problems?: number;
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
