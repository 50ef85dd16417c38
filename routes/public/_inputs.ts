/** What the public routes' inputs have in common. */
import { z } from "zod";
import { lazy } from "../../http/lazy.ts";

export const projectParams = lazy(() => z.object({ projectKey: z.string() }));

const JOB_ID = "jobId must be an integer";

export const jobParams = lazy(() =>
  projectParams().extend({
    jobId: z.string().regex(/^\d{1,15}$/, JOB_ID).transform(Number),
  })
);

/** An integer of the query within its range; anything else counts as the fallback. */
export function lenientInteger(range: { min: number; max: number }, fallback: number) {
  return z.string().optional().transform((text) => {
    const value = Number(text);
    return text !== undefined && /^\d{1,15}$/.test(text) && value >= range.min && value <= range.max
      ? value
      : fallback;
  }).describe(`${range.min} to ${range.max}; anything else counts as ${fallback}`);
}

const USER_ID = "must be 1 to 256 characters";
export const userId = lazy(() => z.string().max(256, USER_ID).refine((text) => text.trim() !== "", USER_ID));
