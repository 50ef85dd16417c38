/** Error code → HTTP status. Typed over all codes: a new one without a status does not compile. */
import type { ErrorCode } from "../domain/errors.ts";

export const STATUS: Record<ErrorCode, number> = {
  invalid_input: 400,
  malformed_json: 400,
  body_too_large: 413,
  route_not_found: 404,
  method_not_allowed: 405,
  foreign_host: 421,
  foreign_origin: 403,
  invalid_task_id: 400,
  task_not_found: 404,
  step_not_found: 404,
  task_exists: 409,
  impossible_transition: 409,
  task_running: 409,
  deletion_in_progress: 409,
  path_forbidden: 403,
  permission_denied: 403,
  purge_incomplete: 500,
  training_data_unavailable: 503,
  job_not_found: 404,
  job_not_cancellable: 400,
  user_deletion_pending: 409,
  background_task_not_found: 404,
  background_task_not_cancellable: 400,
  lease_lost: 409,
  unauthorized: 401,
  role_too_low: 403,
  too_many_failures: 429,
  key_exists: 409,
  key_not_found: 404,
  project_exists: 409,
  project_not_found: 404,
  storage_failed: 500,
  internal: 500,
};

/** What a caller may read of an error that is not theirs to mend. */
export const OPAQUE_MESSAGE = "internal error; the server's log has the details under this request id";
