import { z } from "zod";
import { lazy } from "../../../../http/lazy.ts";
import { endpoint } from "../../../../http/endpoint.ts";

const count = lazy(() => z.int().min(0));

const reconciliation = lazy(() =>
  z.strictObject({
    adopted: count(),
    vanished: count(),
    returned: count(),
    completed: count(),
  }).meta({ id: "Reconciliation" })
);

export const POST = endpoint({
  summary: "Compare records and disk at once",
  description: "Adopts directories without a record, marks records whose directory vanished or is back.",
  access: "write",
  body: () => z.strictObject({}),
  responses: {
    200: { description: "How many records changed", message: "记录与磁盘核对完成", data: reconciliation },
  },
  errors: ["training_data_unavailable"],
  handler: async ({ app }) => ({
    data: await app.reconciler.runOnce(app.clock()),
  }),
});
