import { z } from "zod";
import { endpoint } from "../../../../../http/endpoint.ts";
import { taskParams } from "../../_inputs.ts";

export const POST = endpoint({
  summary: "Cancel a background task that is pending or running",
  description: "It is cancelled at once; a worker that has it is told so (409) by its next report.",
  access: "write",
  params: taskParams,
  body: () => z.strictObject({}),
  responses: { 200: { description: "Task cancelled", message: "Task cancelled", data: () => z.null() } },
  errors: ["background_task_not_found", "background_task_not_cancellable"],
  handler: async ({ app, params }) => {
    await app.background.cancel(params.id);
    return { data: null };
  },
});
