/** What both deletion routes share: whether the caller waits, and the answer when not. */
import { z } from "zod";
import type { Context } from "../../../http/endpoint.ts";
import type { DeletionOptions } from "../../../services/deletion/outcome.ts";

/** Whether the answer may come before the deletion (`async`, or RFC 7240's `Prefer: respond-async`). */
export function isAsync(body: { async: boolean }, headers: Headers): boolean {
  const preferences = (headers.get("prefer") ?? "").split(",").map((preference) =>
    preference.trim().toLowerCase()
  );
  return body.async || preferences.includes("respond-async");
}

/** What {@linkcode accept} answers. */
export const acceptedResponse = {
  description: "`async`: scheduled; `status_url` says how it goes",
  message: "删除任务已提交",
  data: () => z.strictObject({ job_id: z.int(), status_url: z.string() }).meta({ id: "AcceptedDeletion" }),
  headers: { location: "the same as `status_url`" },
} as const;

/** Schedules the deletion for now: 202 with where to look. */
export async function accept(
  context: Context<unknown, unknown, unknown>,
  taskIds: readonly string[],
  options: DeletionOptions,
) {
  context.app.availability.use();
  const job = await context.app.jobs.deleteTasks(taskIds, options, context.actor);
  const status_url = `/api/v0/data_pipeline/jobs/${job.job_id}`;
  return {
    status: 202 as const,
    data: { job_id: job.job_id, status_url },
    headers: { location: status_url },
  };
}
