import { endpoint } from "../../http/endpoint.ts";
import { pageReply } from "./_assets.ts";

export const GET = endpoint({
  summary: "This API as a page to read and to try",
  access: "read",
  responses: { 200: { description: "The page", content: ["text/html"] } },
  handler: () => ({ ...pageReply(), status: 200 }),
});
