import { endpoint } from "../../../../http/endpoint.ts";
import { jobSchema, jobView } from "../../_outputs.ts";
import { projectParams, userId } from "../../_inputs.ts";

export const DELETE = endpoint({
  summary: "Schedule the deletion of a user's directories and records at the next midnight UTC",
  access: "write",
  destructive: true,
  params: () => projectParams().extend({ userId: userId() }),
  responses: { 200: { description: "The job", data: jobSchema } },
  errors: ["project_not_found", "user_deletion_pending", "training_data_unavailable", "storage_failed"],
  handler: async ({ app, params, actor }) => {
    const { id } = await app.projects.getByKey(params.projectKey);
    return { data: jobView(await app.jobs.deleteUser(id, params.userId, actor)) };
  },
});
