/** What is said of input that does not fit, in the language of a family. */
import { z } from "zod";

export interface InputWords {
  /** What the schemas say where they have no message of their own. */
  schemaMessages: z.core.$ZodErrorMap;
  missing: string;
  unknown: string;
  givenTwice: string;
  /** Of a percent-encoded text that is no UTF-8. */
  notUtf8: string;
  /** Of what {@linkcode isText} refuses. */
  notText: string;
  /** Of a query field where all options belong into the body. */
  onlyInBody: string;
  /** `message`, and the value that it is about, cut to a length that can be shown. */
  withValue(message: string, shown: string): string;
}

export const ENGLISH_WORDS: InputWords = {
  schemaMessages: z.locales.en().localeError,
  missing: "required",
  unknown: "unknown field",
  givenTwice: "given more than once",
  notUtf8: "must be percent-encoded UTF-8",
  notText: "must not hold U+0000 or half of a surrogate pair",
  onlyInBody: "belongs in the JSON body",
  withValue: (message, shown) => `${message}, not ${shown}`,
};
