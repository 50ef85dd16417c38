/** The public envelope (api.md 3): `{"data": …}`, `{"error": "…"}`; names in camelCase, times in epoch milliseconds. */
import type { JobRow } from "../../services/jobs/jobs.ts";
import type { Family } from "../../http/family.ts";

export const family: Family = {
  locale: "en",
  always_keyed: true,
  success: (reply) => ({ data: reply.data }),
  failure: ({ message }) => ({ error: message }),
};

export function jobView(job: JobRow) {
  return {
    jobId: job.job_id,
    description: job.description,
    status: job.status,
    projectId: job.project_id,
    action: job.action,
    referenceId: job.reference_id,
    createdAt: job.created_at,
    updatedAt: job.updated_at,
    startAt: job.start_at,
    errors: job.errors,
    progress: {
      directories: job.directories,
      directoriesTotal: job.directories_total,
      files: job.files,
      bytes: job.bytes,
    },
  };
}
