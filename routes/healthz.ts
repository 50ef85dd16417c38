import { endpoint } from "../http/endpoint.ts";

export const GET = endpoint({
  summary: "Whether the server is up, and may work on training_data",
  access: "open",
  responses: { 200: "It answers; `training_data` says whether deletions do" },
  handler: ({ app }) => ({
    data: {
      status: app.availability.reason === undefined ? "ok" : "degraded",
      training_data: app.availability.reason ?? "ok",
    },
  }),
});
