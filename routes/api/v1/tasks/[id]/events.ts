import { endpoint } from "../../../../../http/endpoint.ts";
import { eventsReply } from "../../_events.ts";
import { taskParams } from "../../_inputs.ts";
import { taskDetailSchema } from "../../_outputs.ts";

export const GET = endpoint({
  summary: "The changes of a background task as server-sent events",
  description:
    "Each event is `task`, its data the detail, its id the task's version. First how it is now, then " +
    "every change, until it is completed, failed or cancelled; a slow reader gets the newest state and misses " +
    "those between. A comment every 15 s shows that the connection lives. With `Last-Event-ID` a state that the " +
    "client has seen is not sent again.",
  access: "read",
  params: taskParams,
  responses: {
    200: {
      description: "The events",
      content: ["text/event-stream"],
      events: { task: taskDetailSchema },
      headers: { "cache-control": "no-cache, no-transform" },
    },
    204: { description: "The task is over, and `Last-Event-ID` names its last state" },
  },
  errors: ["background_task_not_found"],
  handler: async ({ app, params, headers }) =>
    await eventsReply(await app.background.watch(params.id), headers.get("last-event-id")),
});
