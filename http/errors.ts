/** Error code → HTTP status, by its kind. */
import { type ErrorCode, type ErrorKind, kindOf } from "../domain/errors.ts";

const STATUS_OF_KIND: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_many: 429,
  internal: 500,
  unavailable: 503,
};

/** What HTTP has a status of its own for. */
const STATUS_OF_CODE: Partial<Record<ErrorCode, number>> = {
  method_not_allowed: 405,
  body_too_large: 413,
  body_too_slow: 408,
  url_too_long: 414,
  foreign_host: 421,
};

/** The status that an error of this code is answered with. */
export function statusOf(code: ErrorCode): number {
  return STATUS_OF_CODE[code] ?? STATUS_OF_KIND[kindOf(code)];
}

/** What a caller may read of an error that is not theirs to mend. */
export const OPAQUE_MESSAGE = "internal error; the server's log has the details under this request id";
