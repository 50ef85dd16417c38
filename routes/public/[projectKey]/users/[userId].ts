import { endpoint } from "../../../../http/endpoint.ts";
import { jobView } from "../../_family.ts";
import { projectParams, userId } from "../../_inputs.ts";

export const DELETE = endpoint({
  summary: "Schedule the deletion of a user's directories and records at the next midnight UTC",
  access: "write",
  destructive: true,
  params: projectParams.extend({ userId }),
  responses: {
    200: "The job",
    400: "userId is empty or too long",
    404: "No such project",
    409: "Pending already",
  },
  handler: async ({ app, params, actor }) => {
    const { id } = await app.projects.getByKey(params.projectKey);
    return { data: jobView(await app.jobs.deleteUser(id, params.userId, actor)) };
  },
});
