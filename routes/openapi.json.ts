import { z } from "zod";
import { endpoint } from "../http/endpoint.ts";

export const GET = endpoint({
  summary: "This API as an OpenAPI 3.1 document",
  access: "read",
  responses: {
    200: {
      description: "The document",
      example: { openapi: "3.1.0", paths: {} },
      data: () => z.unknown(),
      bare: true,
    },
  },
  handler: ({ openapi }) => ({ data: openapi(), bare: true }),
});
