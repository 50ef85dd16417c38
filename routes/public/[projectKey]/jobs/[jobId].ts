import { endpoint } from "../../../../http/endpoint.ts";
import { jobSchema, jobView } from "../../_outputs.ts";
import { jobParams } from "../../_inputs.ts";

export const GET = endpoint({
  summary: "One job",
  access: "read",
  params: jobParams,
  responses: { 200: { description: "The job", data: jobSchema } },
  errors: ["project_not_found", "job_not_found"],
  handler: async ({ app, params }) => {
    const { id } = await app.projects.getByKey(params.projectKey);
    return { data: jobView(await app.jobs.get(params.jobId, id)) };
  },
});

export const DELETE = endpoint({
  summary: "Cancel a job that is scheduled or running; a running one stops between two directories",
  access: "write",
  destructive: true,
  params: jobParams,
  responses: { 200: { description: "Cancelled", data: jobSchema } },
  errors: ["project_not_found", "job_not_found", "job_not_cancellable"],
  handler: async ({ app, params }) => {
    const { id } = await app.projects.getByKey(params.projectKey);
    return { data: jobView(await app.jobs.cancel(params.jobId, id)) };
  },
});
