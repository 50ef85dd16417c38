/**
 * Which texts a database may be given. SQLite's binding cuts a text at U+0000 and replaces a lone surrogate, and a
 * query would then speak of somebody else's row; PostgreSQL refuses both. The input refuses them first; this is the
 * second guard, which nothing passes.
 *
 * @module
 */

/** A text that would reach the database as another one. Nothing ran. */
export class UnbindableText extends TypeError {
  override readonly name = "UnbindableText";
}

/**
 * @param number the first is 1
 * @throws {UnbindableText} when the parameter is a text with U+0000 or with a lone surrogate
 */
export function assertBindable(parameter: unknown, number: number): void {
  if (typeof parameter !== "string") return;
  const fault = parameter.includes("\0")
    ? "U+0000"
    : parameter.isWellFormed()
    ? undefined
    : "a lone surrogate";
  if (fault === undefined) return;
  const shown = JSON.stringify(parameter.length > 40 ? `${parameter.slice(0, 40)}…` : parameter);
  throw new UnbindableText(`parameter ${number} of the statement, ${shown}, contains ${fault}`);
}

/** What JSON.stringify makes of U+0000 and of a lone surrogate: an escape, and no backslash that is escaped itself. */
const ESCAPED_FAULT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * A value as the JSON text of one parameter, for a statement that takes it apart.
 *
 * @throws {UnbindableText} when a text anywhere in it has U+0000 or a lone surrogate: the JSON would hide it from
 * {@linkcode assertBindable}, and the database would find it
 */
export function jsonParameter(value: unknown): string {
  const text = JSON.stringify(value);
  const at = text.search(ESCAPED_FAULT);
  if (at === -1) return text;
  const near = text.slice(Math.max(0, at - 20), at + 20);
  throw new UnbindableText(
    `a JSON parameter of the statement, near ${near}, contains U+0000 or a lone surrogate`,
  );
}
