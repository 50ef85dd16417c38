import { DELETION_STATES } from "../../../../domain/deletion_states.ts";
import { z } from "zod";
import { endpoint } from "../../../../http/endpoint.ts";
import { encodeCursor, pageOf, paging, time, word } from "../_inputs.ts";
import { deletionSchema, deletionView, pageFields } from "../_outputs.ts";

export const GET = endpoint({
  summary: "The operation log: one entry per attempted deletion, newest first",
  access: "read",
  remembered: true,
  query: () =>
    z.strictObject({
      ...paging(),
      task_id: word().optional(),
      who: word().optional(),
      request_id: word().optional(),
      job_id: z.string().regex(/^\d{1,15}$/, "必须是整数").transform(Number).optional(),
      outcome: z.enum(DELETION_STATES).optional(),
      requested_after: time().optional().describe("from this time on"),
      requested_before: time().optional().describe("before this time"),
    }),
  responses: {
    200: {
      description: "The entries",
      message: "获取删除记录成功",
      data: () =>
        z.strictObject({ deletions: z.array(deletionSchema()), ...pageFields() }).meta({
          id: "DeletionPage",
        }),
    },
  },
  handler: async ({ app, query }) => {
    const { limit: _limit, offset: _offset, cursor: _cursor, outcome, ...filter } = query;
    const request = pageOf(query);
    const { rows, total, hasMore } = await app.log.page({
      ...filter,
      ...(outcome !== undefined && { states: [outcome] }),
    }, request);
    const last = rows.at(-1);
    return {
      data: {
        deletions: rows.map(deletionView),
        total,
        limit: request.limit,
        offset: request.offset,
        next_cursor: hasMore && last ? encodeCursor({ at: last.requested_at, id: last.deletion_id }) : null,
      },
    };
  },
});
