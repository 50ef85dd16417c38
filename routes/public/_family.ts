/** The public envelope (api.md 3): `{"data": …}`, `{"error": "…"}`; names in camelCase, times in epoch milliseconds. */
import { z } from "zod";
import { lazy } from "../../http/lazy.ts";
import type { Family } from "../../http/family.ts";
import { ENGLISH_WORDS } from "../../http/words.ts";
import { EXAMPLES } from "./_examples.ts";

export const family: Family = {
  words: ENGLISH_WORDS,
  always_keyed: true,
  success: (reply) => ({ data: reply.data }),
  failure: ({ message }) => ({ error: message }),
  successSchema: (data) => z.strictObject({ data }),
  examples: EXAMPLES,
  failureSchema: lazy(() => z.strictObject({ error: z.string() }).meta({ id: "PublicError" })),
};
