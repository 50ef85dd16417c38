import { DELETION_STATES, type DeletionState } from "../../../../../domain/deletion_states.ts";
import { z } from "zod";
import { endpoint } from "../../../../../http/endpoint.ts";
import { encodeCursor, pageOf, paging, time, word } from "../../_inputs.ts";
import { deletionsCsv } from "../../_deletions_csv.ts";
import { deletionSchema, deletionView, pageFields } from "../../_outputs.ts";

/** What is in the trash still, and waits for another try or for somebody. */
const STUCK: readonly DeletionState[] = ["purge_failed", "stranded"];

const query = () =>
  z.strictObject({
    ...paging(),
    task_id: word().optional(),
    who: word().optional(),
    request_id: word().optional(),
    job_id: z.string().regex(/^\d{1,15}$/, "必须是整数").transform(Number).optional(),
    outcome: z.enum([...DELETION_STATES, "stuck"]).optional().describe("`stuck`: purge_failed or stranded"),
    requested_after: time().optional().describe("from this time on"),
    requested_before: time().optional().describe("before this time"),
    format: z.enum(["json", "csv"]).optional().describe("`csv`: all matches in one file, without paging"),
  }).superRefine((given, context) => {
    if (given.format !== "csv") return;
    for (const name of Object.keys(paging()) as (keyof ReturnType<typeof paging>)[]) {
      if (given[name] === undefined) continue;
      context.addIssue({ code: "custom", path: [name], message: "format=csv返回全部记录，不能分页" });
    }
  });

export const GET = endpoint({
  summary: "The operation log: one entry per attempted deletion, newest first",
  access: "read",
  // A file of all matches may be of any length.
  remembered: (search) => search.get("format") !== "csv",
  query,
  responses: {
    200: {
      description: "The entries",
      message: "获取删除记录成功",
      data: () =>
        z.strictObject({ deletions: z.array(deletionSchema()), ...pageFields() }).meta({
          id: "DeletionPage",
        }),
      alternative: "text/csv; charset=utf-8",
    },
  },
  handler: async ({ app, query }) => {
    const { limit: _limit, offset: _offset, cursor: _cursor, format, outcome, ...narrow } = query;
    const states = outcome === "stuck" ? STUCK : outcome && [outcome];
    const filter = { ...narrow, ...(states !== undefined && { states }) };
    if (format === "csv") return deletionsCsv(app.log.eachPage(filter));
    const request = pageOf(query);
    const { rows, total, hasMore } = await app.log.page(filter, request);
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
