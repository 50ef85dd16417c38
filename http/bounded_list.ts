/** Lists of a body whose length is checked before their elements are. */
import { z } from "zod";

interface Words {
  /** Said of what is no list. */
  noList?: string;
  tooFew?: string;
  tooMany?: string;
}

/**
 * A list of `min` to `max` elements. `z.array` alone looks at every element of a list that is far too long, and
 * makes a problem of each.
 */
export function boundedList<Element extends z.ZodType>(
  element: Element,
  { min = 0, max }: { min?: number; max: number },
  { noList, tooFew, tooMany }: Words = {},
) {
  const list = z.array(element, noList).min(min, tooFew).max(max, tooMany);
  return z.preprocess((value, context) => {
    if (!Array.isArray(value) || value.length <= max) return value;
    context.issues.push({
      code: "too_big",
      origin: "array",
      maximum: max,
      inclusive: true,
      input: value,
      ...(tooMany !== undefined && { message: tooMany }),
    });
    return z.NEVER;
  }, list);
}
