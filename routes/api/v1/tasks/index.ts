import {
  BACKGROUND_TASK_STATUSES,
  BACKGROUND_TASK_TYPES,
} from "../../../../domain/background_task_states.ts";
import { z } from "zod";
import { lazy } from "../../../../http/lazy.ts";
import { endpoint } from "../../../../http/endpoint.ts";
import { integer, jsonObject, limit, oneOf, page, page_size, projectFilter, time, word } from "../_inputs.ts";
import { taskDetailSchema, taskDetailView, taskSchema, taskView } from "../_outputs.ts";

const DEFAULT_LIMIT = 50;

const tasksPage = lazy(() =>
  z.strictObject({
    items: z.array(taskSchema()),
    total: z.int(),
    page: z.int(),
    page_size: z.int(),
    total_pages: z.int(),
  }).meta({ id: "BackgroundTaskPage" })
);

export const GET = endpoint({
  summary: "List background tasks, newest first",
  access: "read",
  remembered: true,
  query: () =>
    z.strictObject({
      project_id: projectFilter().optional(),
      status: oneOf(BACKGROUND_TASK_STATUSES).optional(),
      limit: limit().optional(),
      page: page().optional(),
      page_size: page_size().optional(),
    }).refine((query) => query.limit === undefined || query.page_size === undefined, {
      path: ["limit"],
      error: "must not be given beside page_size",
    }),
  responses: {
    200: {
      description: "`data` is a list of 50, unless told; with `page` or `page_size` in the query it is " +
        "`{items, total, page, page_size, total_pages}`",
      data: () => z.union([z.array(taskSchema()), tasksPage()]),
    },
  },
  handler: async ({ app, query }) => {
    const { limit, page, page_size, ...filter } = query;
    const size = page_size ?? limit ?? DEFAULT_LIMIT;
    if (page === undefined && page_size === undefined) {
      return { data: (await app.background.list(filter, size)).map(taskView) };
    }
    const number = page ?? 1;
    const { rows, total } = await app.background.page(filter, { number, size });
    const total_pages = Math.ceil(total / size);
    return { data: { items: rows.map(taskView), total, page: number, page_size: size, total_pages } };
  },
});

export const POST = endpoint({
  summary: "Make a background task, for a worker to claim",
  description:
    "`priority`: a higher number is claimed first. `total`: 0 when the number of steps is not known. " +
    "`run_at`: not claimed before; a local time unless it has an offset. `max_attempts`: so often it is claimed " +
    "before a lease that runs out makes it `failed`. `idempotency_key`: within a project, the same key again " +
    "answers 200 with the task made first, as it is by now, whatever else the body says.",
  access: "write",
  body: () =>
    z.strictObject({
      project_id: integer(1),
      task_type: oneOf(BACKGROUND_TASK_TYPES),
      params: jsonObject().optional(),
      total: integer(0).optional(),
      priority: integer(-1000, 1000).optional(),
      max_attempts: integer(1, 100).optional(),
      run_at: time().optional(),
      idempotency_key: word().optional(),
    }),
  responses: {
    200: {
      description: "The task that was made with this `idempotency_key` before",
      data: taskDetailSchema,
      headers: { location: "where the task is" },
    },
    201: { description: "Made", data: taskDetailSchema, headers: { location: "where the task is" } },
  },
  handler: async ({ app, body }) => {
    const { task, created } = await app.background.create(body);
    return {
      status: created ? 201 : 200,
      data: taskDetailView(task),
      headers: { location: `/api/v1/tasks/${task.id}` },
    };
  },
});
