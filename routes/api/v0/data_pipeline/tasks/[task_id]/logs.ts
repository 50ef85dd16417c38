import { z } from "zod";
import { endpoint } from "../../../../../../http/endpoint.ts";
import { lazy } from "../../../../../../http/lazy.ts";
import type { LogPosition } from "../../../../../../services/tasks/task_files.ts";
import { logEntryView, logPageSchema } from "../../../_file_outputs.ts";
import { encodeWord, limitInput, taskParams, wordCursor } from "../../../_inputs.ts";

const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const LEVEL = `必须是${LEVELS.join("、")}，多个用逗号分隔`;

const levels = lazy(() =>
  z.string().max(100, LEVEL).transform((text) => text.toUpperCase().split(","))
    .refine((names) => names.every((name) => LEVELS.includes(name)), LEVEL)
    .describe(`${LEVELS.join(", ")}; several with commas between them`)
);

const cursor = lazy(() =>
  wordCursor().transform((text, context): LogPosition => {
    const found = /^(\d{1,15})(x?)$/.exec(text);
    if (found !== null && found[1] !== "0") return { offset: Number(found[1]), isCut: found[2] === "x" };
    context.addIssue({ code: "custom", message: "必须是上一页返回的next_cursor" });
    return z.NEVER;
  })
);

export const GET = endpoint({
  summary: "The end of a task's log, newest entry first",
  description: "From `data_pipeline.log` in the task's directory; without that file there are no entries. " +
    "An entry is a line `YYYY-MM-DD HH:MM:SS [LEVEL] logger: message` and the lines that belong to it.",
  access: "read",
  params: taskParams,
  query: () =>
    z.strictObject({
      limit: limitInput().default(100),
      level: levels().optional(),
      cursor: cursor().optional(),
    }),
  responses: { 200: { description: "A page of entries", message: "获取任务日志成功", data: logPageSchema } },
  errors: [
    "invalid_task_id",
    "task_not_found",
    "task_directory_gone",
    "path_forbidden",
    "file_forbidden",
    "file_unreadable",
    "training_data_unavailable",
  ],
  handler: async ({ app, params: { task_id }, query: { limit, level, cursor } }) => {
    const { entries, next } = await app.files.tailLog(task_id, { limit, levels: level, before: cursor });
    return {
      data: {
        task_id,
        logs: entries.map(logEntryView),
        limit,
        next_cursor: next === undefined ? null : encodeWord(`${next.offset}${next.isCut ? "x" : ""}`),
      },
    };
  },
});
