import assert from "node:assert/strict";
import { Traffic } from "../../../services/training_data/traffic.ts";
import { until } from "../../_harness.ts";

Deno.test("Traffic is busy from a read on, for a moment", async () => {
  const traffic = new Traffic();
  assert.equal(traffic.isBusy(), false);
  traffic.note();
  assert.equal(traffic.isBusy(), true);
  const began = performance.now();
  await until(() => !traffic.isBusy(), "it is quiet again");
  assert.ok(performance.now() - began > 50);
});
