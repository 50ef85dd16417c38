import { z } from "zod";
import { endpoint } from "../../../../../http/endpoint.ts";
import { jobSchema, jobView } from "../../../../public/_outputs.ts";

export const GET = endpoint({
  summary: "The job of an `async` deletion: the `status_url` of its 202",
  access: "read",
  params: () => z.object({ job_id: z.string().regex(/^\d{1,15}$/, "必须是整数").transform(Number) }),
  responses: { 200: { description: "The job, as in /public", message: "获取作业状态成功", data: jobSchema } },
  errors: ["job_not_found"],
  handler: async ({ app, params }) => ({
    data: jobView(await app.jobs.get(params.job_id)),
  }),
});
