/** Rows → what the public API shows of them (api.md 3): camelCase names, epoch milliseconds. */
import { z } from "zod";
import { lazy, type OutputOf } from "../../http/lazy.ts";
import { JOB_ACTIONS, JOB_STATUSES } from "../../domain/job_states.ts";
import type { JobRow } from "../../services/jobs/jobs.ts";

const count = lazy(() => z.int().min(0));

export const jobSchema = lazy(() =>
  z.strictObject({
    jobId: z.int(),
    description: z.string(),
    status: z.enum(JOB_STATUSES),
    projectId: z.int().nullable(),
    action: z.enum(JOB_ACTIONS),
    referenceId: z.string(),
    createdAt: z.int(),
    updatedAt: z.int().nullable(),
    startAt: z.int(),
    errors: z.string().nullable(),
    progress: z.strictObject({
      directories: count(),
      directoriesTotal: count().nullable(),
      files: count(),
      bytes: count(),
    }),
  }).meta({ id: "PublicJob" })
);

export function jobView(job: JobRow): OutputOf<typeof jobSchema> {
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
