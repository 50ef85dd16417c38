/** What counts as text wherever it enters: in a body, a query or a path. */
import type { Family } from "./family.ts";

/**
 * Whether `value` has neither U+0000 nor half of a surrogate pair. The database cuts a text at the one and replaces
 * the other, so that it would mean somebody else's name.
 */
export function isText(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}

export const NO_TEXT: Record<Family["locale"], string> = {
  zh: "不能包含NUL字符（U+0000）或不成对的代理项",
  en: "must not hold U+0000 or half of a surrogate pair",
};
