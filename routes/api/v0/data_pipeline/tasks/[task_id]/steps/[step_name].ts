import { STEP_STATUSES } from "../../../../../../../domain/task_states.ts";
import { z } from "zod";
import { lazy } from "../../../../../../../http/lazy.ts";
import { endpoint } from "../../../../../../../http/endpoint.ts";
import { taskParams, text, word } from "../../../../_inputs.ts";
import { taskDetailSchema, taskDetailView } from "../../../../_outputs.ts";

const status = lazy(() =>
  z.preprocess((value) => value === "in_progress" ? "running" : value, z.enum(STEP_STATUSES))
);

export const PATCH = endpoint({
  summary: "What a pipeline reports of one step; the task follows its steps",
  access: "write",
  params: () => taskParams().extend({ step_name: z.string() }),
  body: () =>
    z.strictObject({
      step_status: status().optional(),
      execution_id: word().optional(),
      error_message: text().optional(),
    }).refine(
      (body) => Object.keys(body).length > 0,
      "至少需要一个字段: step_status, execution_id, error_message",
    ),
  example: { step_status: "running", execution_id: "exec_1" },
  responses: { 200: { description: "The task afterwards", message: "步骤更新成功", data: taskDetailSchema } },
  errors: [
    "invalid_task_id",
    "task_not_found",
    "step_not_found",
    "impossible_transition",
    "deletion_in_progress",
  ],
  handler: async ({ app, params, body }) => ({
    data: taskDetailView(await app.tasks.reportStep(params.task_id, params.step_name, body)),
  }),
});
