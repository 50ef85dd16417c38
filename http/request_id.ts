/** The name of a request: in its answer, in every line that is logged meanwhile, in the operation log. */

const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

/** The client's `x-request-id` when it is sane, else a new one. */
export function assignRequestId(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && SANE.test(given) ? given : crypto.randomUUID();
}
