import { z } from "zod";
import { endpoint } from "../../http/endpoint.ts";
import { ASSET_NAMES, assetReply } from "./_assets.ts";

export const GET = endpoint({
  summary: "A file of the page at /docs",
  access: "read",
  params: () => z.object({ asset: z.enum(ASSET_NAMES) }),
  responses: { 200: { description: "The file", content: ["text/javascript", "text/css"] } },
  handler: async ({ params }) => ({ ...await assetReply(params.asset), status: 200 }),
});
