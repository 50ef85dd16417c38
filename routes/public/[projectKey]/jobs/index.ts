import { JOB_ACTIONS, JOB_STATUSES } from "../../../../domain/job_states.ts";
import { TASK_STATUSES } from "../../../../domain/task_states.ts";
import { z } from "zod";
import { lazy, type OutputOf } from "../../../../http/lazy.ts";
import { boundedList } from "../../../../http/bounded_list.ts";
import { endpoint } from "../../../../http/endpoint.ts";
import { DURATION, readDuration } from "../../../../domain/duration.ts";
import { type JobOrder, nameOf } from "../../../../services/jobs/jobs.ts";
import { jobSchema, jobView } from "../../_outputs.ts";
import { lenientInteger, projectParams, userId } from "../../_inputs.ts";

export const GET = endpoint({
  summary: "A project's jobs, finished and cancelled ones included, by jobId",
  access: "read",
  params: projectParams,
  query: () =>
    z.strictObject({
      limit: lenientInteger({ min: 1, max: 200 }, 50),
      page: lenientInteger({ min: 1, max: 1_000_000_000 }, 1),
      order: z.enum(["asc", "desc"]).default("asc"),
      status: z.enum(JOB_STATUSES).optional(),
      action: z.enum(JOB_ACTIONS).optional(),
    }),
  responses: { 200: { description: "The jobs", data: () => z.array(jobSchema()) } },
  errors: ["project_not_found"],
  handler: async ({ app, params, query }) => {
    const project = await app.projects.getByKey(params.projectKey);
    const { limit, page, order, ...filter } = query;
    const jobs = await app.jobs.list(project.id, filter, { limit, page, order });
    return { data: jobs.map(jobView) };
  },
});

const startAt = lazy(() =>
  z.int().min(0).max(8_640_000_000_000_000).optional()
    .describe("epoch milliseconds; now unless told; a time that has passed runs at once")
);

const order = lazy(() =>
  z.discriminatedUnion("action", [
    z.strictObject({
      action: z.literal("delete_user_data"),
      referenceId: userId(),
      startAt: startAt(),
      params: z.strictObject({}).default({}),
    }),
    z.strictObject({
      action: z.literal("delete_tasks"),
      referenceId: z.string().max(256).optional(),
      startAt: startAt(),
      params: z.strictObject({
        task_ids: boundedList(z.string(), { min: 1, max: 1000 }),
        delete_database_records: z.boolean().default(false),
        force: z.boolean().default(false),
        continue_on_error: z.boolean().default(true),
      }),
    }),
    z.strictObject({
      action: z.literal("cleanup"),
      referenceId: z.string().max(256).optional(),
      startAt: startAt(),
      params: z.strictObject({
        older_than: z.string().refine((text) => readDuration(text) !== undefined, `must be ${DURATION}`),
        status: boundedList(z.enum(TASK_STATUSES), { min: 1, max: 100 }).default(["completed", "failed"]),
        keep_last: z.int().min(0).max(1_000_000_000).default(0),
        delete_database_records: z.boolean().default(false),
      }),
    }),
  ])
);

export const POST = endpoint({
  summary: "Schedule a job",
  access: "write",
  destructive: true,
  params: projectParams,
  body: order,
  responses: { 201: { description: "Scheduled", data: jobSchema } },
  errors: ["project_not_found", "user_deletion_pending", "training_data_unavailable", "storage_failed"],
  handler: async ({ app, params, body, actor }) => {
    const { id } = await app.projects.getByKey(params.projectKey);
    return { status: 201, data: jobView(await app.jobs.schedule(orderOf(id, body), actor)) };
  },
});

function orderOf(project_id: number, body: OutputOf<typeof order>): JobOrder {
  const base = { project_id, start_at: body.startAt };
  switch (body.action) {
    case "delete_user_data":
      return { ...base, action: body.action, reference_id: body.referenceId, params: body.params };
    case "delete_tasks": {
      const { task_ids: given, ...options } = body.params;
      const task_ids = [...new Set(given)];
      const reference_id = body.referenceId ?? nameOf(task_ids);
      return { ...base, action: body.action, reference_id, params: { task_ids, options } };
    }
    case "cleanup": {
      const { older_than, ...rest } = body.params;
      const params = { ...rest, older_than_ms: readDuration(older_than)! };
      return { ...base, action: body.action, reference_id: body.referenceId ?? older_than, params };
    }
  }
}
