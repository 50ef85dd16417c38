import { TASK_STATUSES } from "../../../../../domain/task_states.ts";
import { z } from "zod";
import { lazy } from "../../../../../http/lazy.ts";
import { boundedList } from "../../../../../http/bounded_list.ts";
import { endpoint } from "../../../../../http/endpoint.ts";
import { formatLocalTime } from "../../../../../domain/format.ts";
import { accept, acceptedResponse, isAsync } from "../../_deletion.ts";
import { SENTENCES } from "../../_texts.ts";
import {
  confirmed,
  deletionOptions,
  encodeCursor,
  flag,
  jsonObject,
  MAX_BATCH,
  pageOf,
  paging,
  projectFilter,
  text,
  time,
  word,
} from "../../_inputs.ts";
import { batchSchema, batchView, outputDirectory, pageFields, taskSchema, taskView } from "../../_outputs.ts";

const status = lazy(() =>
  z.preprocess((value) => value === "in_progress" ? "running" : value, z.enum(TASK_STATUSES))
);

export const GET = endpoint({
  summary: "List tasks, newest first",
  access: "read",
  remembered: true,
  query: () =>
    z.strictObject({
      ...paging(),
      status: status().optional(),
      directory_exists: flag().optional(),
      task_name: word().optional().describe("substring"),
      created_by: word().optional(),
      db_name: word().optional(),
      project_id: projectFilter().optional(),
      created_after: time().optional().describe("from this time on"),
      created_before: time().optional().describe("before this time"),
    }),
  responses: {
    200: {
      description: "The tasks",
      message: "获取任务列表成功",
      data: () => z.strictObject({ tasks: z.array(taskSchema()), ...pageFields() }).meta({ id: "TaskPage" }),
    },
  },
  handler: async ({ app, query }) => {
    const { limit: _limit, offset: _offset, cursor: _cursor, ...filter } = query;
    const request = pageOf(query);
    const { rows, total, hasMore } = await app.tasks.list(filter, request);
    const last = rows.at(-1);
    return {
      data: {
        tasks: rows.map(taskView),
        total,
        limit: request.limit,
        offset: request.offset,
        next_cursor: hasMore && last ? encodeCursor({ at: last.created_at, id: last.task_id }) : null,
      },
    };
  },
});

const createdTask = lazy(() =>
  z.strictObject({
    task_id: z.string(),
    task_name: z.string().nullable(),
    status: z.enum(TASK_STATUSES),
    created_at: z.string(),
    output_directory: z.string(),
  }).meta({ id: "CreatedTask" })
);

export const POST = endpoint({
  summary: "Register a run: its record, its pending steps, its directory",
  access: "write",
  body: () =>
    z.strictObject({
      project_id: z.int("必须是整数").min(1).optional().describe("1 unless told"),
      task_id: z.string().optional(),
      task_name: word().optional(),
      task_type: word().optional(),
      db_name: word().optional(),
      business_context: text().optional(),
      parameters: jsonObject().optional(),
      created_by: word().optional(),
      steps: boundedList(word(), { max: 100 }, { tooMany: "最多100个步骤" })
        .refine((steps) => new Set(steps).size === steps.length, "步骤名称不能重复").optional(),
    }),
  responses: { 201: { description: "Created", message: "任务创建成功", data: createdTask } },
  errors: [
    "invalid_task_id",
    "task_exists",
    "deletion_in_progress",
    "training_data_unavailable",
    "storage_failed",
  ],
  handler: async ({ app, body }) => {
    const task = await app.tasks.register(body);
    return {
      status: 201,
      data: {
        task_id: task.task_id,
        task_name: task.task_name,
        status: task.status,
        created_at: formatLocalTime(task.created_at),
        output_directory: outputDirectory(task.task_id),
      },
    };
  },
});

export const DELETE = endpoint({
  summary: "Delete the directories of tasks, and their records if told so",
  description: "200 also when some or all could not be deleted: `data.failed_tasks` says which and why.",
  access: "write",
  destructive: true,
  body: () =>
    z.strictObject({
      task_ids: boundedList(z.string({ error: SENTENCES.task_ids }), { min: 1, max: MAX_BATCH }, {
        noList: SENTENCES.task_ids,
        tooFew: SENTENCES.task_ids,
        tooMany: SENTENCES.too_many,
      }),
      ...deletionOptions(),
      continue_on_error: z.boolean().default(true),
    }).refine(confirmed.check, confirmed.options),
  responses: {
    200: { description: "Processed", message: "批量删除部分完成", data: batchSchema },
    202: acceptedResponse,
  },
  errors: ["training_data_unavailable", "storage_failed"],
  handler: async (context) => {
    const { app, body, actor, headers } = context;
    const ids = [...new Set(body.task_ids)];
    if (!body.dry_run && isAsync(body, headers)) return await accept(context, ids, body);
    const outcomes = await (body.dry_run ? app.preview.of(ids, body) : app.deletion.delete(ids, body, actor));
    return batchView(outcomes, app.clock(), body.dry_run);
  },
});
