import { BACKGROUND_TASK_TYPES } from "../../../../domain/background_task_states.ts";
import { z } from "zod";
import { boundedList } from "../../../../http/bounded_list.ts";
import { endpoint } from "../../../../http/endpoint.ts";
import { integer, oneOf, word } from "../_inputs.ts";
import { claimSchema, claimView } from "../_outputs.ts";

export const POST = endpoint({
  summary: "Take the next background task to work on",
  description:
    "No two workers get the same task. Order: `priority` (the higher number first), then `created_at`, " +
    "then `id`; tasks whose `run_at` lies ahead wait. `task_types`: any, unless told. `worker`: the caller's " +
    "name, unless told. The task is the worker's for `lease_seconds` (60), and as long again from each of its " +
    "reports; then another may have it, with the progress that was reported.",
  access: "write",
  body: () =>
    z.strictObject({
      task_types: boundedList(oneOf(BACKGROUND_TASK_TYPES), { min: 1, max: 100 }, {
        noList: "must be a list of task types",
        tooFew: "must name at least one task type",
        tooMany: "must name 100 task types at most",
      }).optional(),
      worker: word().optional(),
      lease_seconds: integer(1, 86_400).optional(),
    }),
  responses: {
    200: {
      description: "The detail, with `lease_token` for the reports and `lease_expires_at`",
      data: claimSchema,
    },
    204: { description: "Nothing to do now" },
  },
  handler: async ({ app, body, actor }) => {
    const task = await app.background.claim({ ...body, worker: body.worker ?? actor.who });
    return task === undefined ? { status: 204, body: null } : { data: claimView(task) };
  },
});
