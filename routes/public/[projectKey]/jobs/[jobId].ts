import { endpoint } from "../../../../http/endpoint.ts";
import { jobView } from "../../_family.ts";
import { jobParams } from "../../_inputs.ts";

export const GET = endpoint({
  summary: "One job",
  access: "read",
  params: jobParams,
  responses: { 200: "The job", 400: "jobId is not an integer", 404: "No such job in this project" },
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
  responses: {
    200: "Cancelled",
    400: "It is over, or jobId is not an integer",
    404: "No such job in this project",
  },
  handler: async ({ app, params }) => {
    const { id } = await app.projects.getByKey(params.projectKey);
    return { data: jobView(await app.jobs.cancel(params.jobId, id)) };
  },
});
