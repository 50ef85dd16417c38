import { z } from "zod";
import { isFilePath } from "../../../../../../../domain/file_path.ts";
import { endpoint } from "../../../../../../../http/endpoint.ts";
import { lazy } from "../../../../../../../http/lazy.ts";
import type { ListPosition } from "../../../../../../../services/tasks/task_files.ts";
import { encodeWord, limitInput, taskParams, wordCursor } from "../../../../_inputs.ts";
import { filePageSchema, fileView } from "../../../../_file_outputs.ts";

const cursor = lazy(() =>
  wordCursor().transform((text, context): ListPosition => {
    const path = text.slice(1);
    if ((text.startsWith("+") || text.startsWith("-")) && isFilePath(path)) {
      return { path, isDone: text.startsWith("-") };
    }
    context.addIssue({ code: "custom", message: "必须是上一页返回的next_cursor" });
    return z.NEVER;
  })
);

export const GET = endpoint({
  summary: "What stands in a task's directory, at any depth",
  description:
    "In a stable order, directory by directory, each by name. Links are shown and never followed. " +
    "What is made or removed while somebody pages may be in the list or not.",
  access: "read",
  params: taskParams,
  query: () => z.strictObject({ limit: limitInput().default(50), cursor: cursor().optional() }),
  responses: { 200: { description: "A page of files", message: "获取文件列表成功", data: filePageSchema } },
  errors: [
    "invalid_task_id",
    "task_not_found",
    "task_directory_gone",
    "path_forbidden",
    "file_unreadable",
    "training_data_unavailable",
  ],
  handler: async ({ app, params: { task_id }, query: { limit, cursor } }) => {
    const { files, next } = await app.files.list(task_id, { limit, after: cursor });
    const next_cursor = next === undefined ? null : encodeWord((next.isDone ? "-" : "+") + next.path);
    return {
      data: { task_id, files: files.map(fileView), limit, next_cursor },
    };
  },
});
