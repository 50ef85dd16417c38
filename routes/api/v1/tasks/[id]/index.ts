import { z } from "zod";
import { endpoint } from "../../../../../http/endpoint.ts";
import { integer, jsonObject, oneOf, taskParams, text, word } from "../../_inputs.ts";
import { taskDetailSchema, taskDetailView, workerSchema, workerView } from "../../_outputs.ts";

export const GET = endpoint({
  summary: "One background task",
  access: "read",
  params: taskParams,
  responses: { 200: { description: "The task", data: taskDetailSchema } },
  errors: ["background_task_not_found"],
  handler: async ({ app, params }) => ({ data: taskDetailView(await app.background.get(params.id)) }),
});

export const PATCH = endpoint({
  summary: "What a worker reports of the task it claimed",
  description:
    "Every report lets the lease last `lease_seconds` again; one with the token alone does only that. " +
    "`progress` stays within a `total` that is not 0. `status` ends the task: `completed`, with a `result`, or " +
    "`failed`, with an `error_message`; it is not tried again then, as it is when a lease runs out.",
  access: "write",
  params: taskParams,
  body: () =>
    z.strictObject({
      lease_token: word(),
      progress: integer(0).optional(),
      total: integer(0).optional(),
      status: oneOf(["completed", "failed"]).optional(),
      result: jsonObject().nullable().optional(),
      error_message: text().optional(),
    }).refine((body) => body.result === undefined || body.status === "completed", {
      path: ["result"],
      error: "must only be given with status completed",
    }).refine((body) => body.error_message === undefined || body.status === "failed", {
      path: ["error_message"],
      error: "must only be given with status failed",
    }),
  example: { lease_token: "9b2f6c1d-4e5a-4f60-8a7b-1c2d3e4f5a6b", progress: 40 },
  responses: { 200: { description: "The detail, and `lease_expires_at`", data: workerSchema } },
  errors: ["background_task_not_found", "lease_lost"],
  handler: async ({ app, params, body }) => ({
    data: workerView(await app.background.report(params.id, body)),
  }),
});
