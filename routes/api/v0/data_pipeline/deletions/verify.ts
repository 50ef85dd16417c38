import { z } from "zod";
import { endpoint } from "../../../../../http/endpoint.ts";
import { lazy } from "../../../../../http/lazy.ts";

const count = lazy(() => z.int().min(0));

export const GET = endpoint({
  summary: "Checks the hash chain of the operation log, all of it",
  description:
    "Every final entry is part of a hash chain (docs/operations.md says how). `first_bad` names the first place that does " +
    "not fit: an entry that was changed, or a place whose entry is gone (`deletion_id` null). `unsealed` entries of an " +
    "older version are still to be added. Who keeps `end` elsewhere can tell later whether the past was written anew.",
  access: "read",
  responses: {
    200: {
      description: "What was found",
      data: () =>
        z.strictObject({
          valid: z.boolean(),
          checked: count().describe("entries that fit, up to the first that does not"),
          first_bad: z.strictObject({
            sequence: z.int(),
            deletion_id: z.string().nullable(),
            reason: z.string(),
          }).nullable(),
          unsealed: count(),
          end: z.strictObject({ sequence: count(), hash: z.string() }),
        }).meta({ id: "LogVerdict" }),
    },
  },
  handler: async ({ app }) => {
    const verdict = await app.verifyLog();
    return { message: verdict.valid ? "删除记录完整" : "删除记录被改动", data: verdict };
  },
});
