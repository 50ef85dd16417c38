/** The v1 envelope (api.md 2): `{code, message, data}`, in English; `data` is null in an error. */
import { z } from "zod";
import { lazy } from "../../../http/lazy.ts";
import type { Family } from "../../../http/family.ts";
import { ENGLISH_WORDS } from "../../../http/words.ts";
import { messageOf } from "./_texts.ts";
import { EXAMPLES } from "./_examples.ts";

export const family: Family = {
  words: ENGLISH_WORDS,
  success: (reply, status) => ({ code: status, message: reply.message ?? "success", data: reply.data }),
  failure: (failure) => ({ code: failure.status, message: messageOf(failure), data: null }),
  successSchema: (data) => z.strictObject({ code: z.int(), message: z.string(), data }),
  examples: EXAMPLES,
  failureSchema: lazy(() =>
    z.strictObject({ code: z.int(), message: z.string(), data: z.null() }).meta({
      id: "V1Error",
    })
  ),
};
