import { z } from "zod";
import { endpoint } from "../../../../../../../http/endpoint.ts";
import { FILE_RESPONSES, fileReply } from "../../../../../../../http/file_reply.ts";
import { taskParams } from "../../../../_inputs.ts";

export const GET = endpoint({
  summary: "Download a file of a task's directory",
  description:
    "`Range` takes one range of bytes. Never a file outside the directory, and never one behind a link.",
  access: "read",
  params: () =>
    taskParams().extend({
      path: z.string().describe("relative to the directory; slashes may be percent-encoded or not"),
    }),
  responses: {
    ...FILE_RESPONSES,
    416: {
      description: "`Range` begins behind the file's end",
      message: "请求的范围超出文件大小",
      data: () => z.null(),
      headers: { "content-range": "how many bytes there are" },
    },
  },
  errors: [
    "invalid_task_id",
    "task_not_found",
    "invalid_file_path",
    "task_directory_gone",
    "file_not_found",
    "file_forbidden",
    "file_unreadable",
    "path_forbidden",
    "training_data_unavailable",
  ],
  handler: async ({ app, params, headers }) => {
    const reply = fileReply(await app.files.open(params.task_id, params.path), headers, Date.now());
    return reply.status === 416 ? { ...reply, success: false, data: null } : reply;
  },
});
