import { TASK_STATUSES } from "../../../../../../domain/task_states.ts";
import { z } from "zod";
import { lazy } from "../../../../../../http/lazy.ts";
import { endpoint } from "../../../../../../http/endpoint.ts";
import type { FailedTask } from "../../../../../../services/deletion/outcome.ts";
import { PipekeepError } from "../../../../../../domain/errors.ts";
import { assertTaskId } from "../../../../../../domain/task_id.ts";
import { accept, acceptedResponse, isAsync } from "../../../_deletion.ts";
import { confirmed, deletionOptions, jsonValue, taskParams, text, word } from "../../../_inputs.ts";
import { deletedTaskSchema, deletedTaskView, taskDetailSchema, taskDetailView } from "../../../_outputs.ts";

export const GET = endpoint({
  summary: "One task with its steps",
  access: "read",
  params: taskParams,
  responses: { 200: { description: "The task", message: "获取任务状态成功", data: taskDetailSchema } },
  errors: ["invalid_task_id", "task_not_found"],
  handler: async ({ app, params }) => ({
    data: taskDetailView(await app.tasks.get(params.task_id)),
  }),
});

const status = lazy(() =>
  z.preprocess((value) => value === "in_progress" ? "running" : value, z.enum(TASK_STATUSES))
);

export const PATCH = endpoint({
  summary: "What a pipeline reports of its task",
  access: "write",
  params: taskParams,
  body: () =>
    z.strictObject({
      status: status().optional(),
      task_name: word().optional(),
      result: jsonValue().optional(),
      error_message: text().optional(),
    }).refine(
      (body) => Object.keys(body).length > 0,
      "至少需要一个字段: status, task_name, result, error_message",
    ),
  example: { status: "completed", result: { tables: 12 } },
  responses: { 200: { description: "The task afterwards", message: "任务更新成功", data: taskDetailSchema } },
  errors: ["invalid_task_id", "task_not_found", "impossible_transition", "deletion_in_progress"],
  handler: async ({ app, params, body }) => ({
    data: taskDetailView(await app.tasks.report(params.task_id, body)),
  }),
});

export const DELETE = endpoint({
  summary: "Delete the directory of one task, and its record if told so",
  access: "write",
  destructive: true,
  params: taskParams,
  body: () => z.strictObject(deletionOptions()).refine(confirmed.check, confirmed.options),
  responses: {
    200: { description: "Deleted", message: "任务目录删除成功", data: deletedTaskSchema },
    202: acceptedResponse,
  },
  errors: [
    "invalid_task_id",
    "task_not_found",
    "task_running",
    "deletion_in_progress",
    "path_forbidden",
    "permission_denied",
    "purge_incomplete",
    "training_data_unavailable",
    "storage_failed",
  ],
  handler: async (context) => {
    const { app, params: { task_id }, body, actor, headers } = context;
    assertTaskId(task_id);
    const options = { ...body, continue_on_error: true };
    if (!body.dry_run && isAsync(body, headers)) return await accept(context, [task_id], options);
    const [outcome] = await (body.dry_run
      ? app.preview.of([task_id], options)
      : app.deletion.delete([task_id], options, actor));
    if (outcome?.outcome !== "deleted") {
      throw refusal(task_id, outcome as FailedTask);
    }
    return {
      ...(!outcome.had_directory && { message: "任务目录不存在，无需删除" }),
      data: { ...deletedTaskView(outcome), ...(body.dry_run && { dry_run: true }) },
    };
  },
});

function refusal(task_id: string, { code, current_status }: FailedTask): PipekeepError {
  return new PipekeepError(code, `task ${task_id} could not be deleted: ${code}`, {
    task_id,
    current_status,
  });
}
