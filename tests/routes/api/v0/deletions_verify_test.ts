import assert from "node:assert/strict";
import { boot, V0 } from "../../../_harness.ts";
import { assertLike, register } from "../../../_support/scenarios.ts";
import { withStore } from "../../../_support/store.ts";

Deno.test("GET /deletions/verify says that the log is whole, and after a change which entry does not fit", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  harness.fill("a", { x: "1" });
  await harness.call("DELETE", `${V0}/tasks`, { task_ids: ["a", "b", "nowhere"], confirm: true });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  const whole = await harness.call("GET", `${V0}/deletions/verify`);
  const { body: log } = await harness.call("GET", `${V0}/deletions`);
  const [newest] = log.data.deletions;
  assertLike(whole.body, {
    success: true,
    code: 200,
    message: "删除记录完整",
    data: { valid: true, checked: 4, first_bad: null, unsealed: 0, end: { sequence: 4, hash: newest.hash } },
  });
  assert.equal(newest.sequence, 4);
  withStore(harness, (store) => {
    store.exec("DROP TRIGGER deletions_sealed_update");
    store.exec("UPDATE deletions SET who = 'nobody' WHERE sequence IN (2, 3)");
  });
  const { body } = await harness.call("GET", `${V0}/deletions/verify`);
  const second = log.data.deletions.find((row: { sequence: number }) => row.sequence === 2);
  assertLike(body, {
    success: true,
    message: "删除记录被改动",
    data: {
      valid: false,
      checked: 1,
      first_bad: { sequence: 2, deletion_id: second.deletion_id, reason: /content/ },
    },
  });
});

Deno.test("GET /deletions/verify lets a directory that waits in the trash be, until it is gone", async () => {
  await using harness = await boot({ config: { trash_retention_ms: 3_600_000 } });
  await register(harness, "a", "other");
  harness.fill("a", { x: "1" });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  const { body } = await harness.call("GET", `${V0}/deletions`);
  assertLike(body.data.deletions, [{ outcome: "trashed", sequence: null, hash: null }]);
  const verdict = await harness.call("GET", `${V0}/deletions/verify`);
  assertLike(verdict.body.data, { valid: true, checked: 0, unsealed: 0 });
});
