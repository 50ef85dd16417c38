import { z } from "zod";
import { endpoint } from "../http/endpoint.ts";

export const GET = endpoint({
  summary: "Whether the server is up, and may work on training_data",
  access: "open",
  responses: {
    200: {
      description: "It answers; `training_data` says whether deletions do",
      example: { status: "ok", training_data: "ok" },
      data: () =>
        z.strictObject({ status: z.enum(["ok", "degraded"]), training_data: z.string() }).meta({
          id: "Health",
        }),
    },
  },
  handler: ({ app }) => ({
    data: {
      status: app.availability.reason === undefined ? "ok" : "degraded",
      training_data: app.availability.reason ?? "ok",
    },
  }),
});
