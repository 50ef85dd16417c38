/** What counts as text wherever it enters: in a body, a query or a path. */

/**
 * Whether `value` has neither U+0000 nor half of a surrogate pair. The database cuts a text at the one and replaces
 * the other, so that it would mean somebody else's name.
 */
export function isText(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}
