import assert from "node:assert/strict";
import { assertTaskId, isTaskId, taskIdAt, timeInTaskId } from "../../domain/task_id.ts";

Deno.test("isTaskId takes 1 to 64 characters of A-Za-z0-9._- that start with a letter, digit or underscore", () => {
  for (const id of ["a", "_", "9", "task_20250702_223802", "a..b", "A-b.c", "x".repeat(64)]) {
    assert.ok(isTaskId(id), id);
    assertTaskId(id);
  }
  const refused = [
    ...[
      "",
      ".",
      "..",
      ".a",
      "-a",
      "a/b",
      "../a",
      "a\\b",
      "a b",
      "a\n",
      "\na",
      "a\0",
      "任务",
      "a%2fb",
      "x".repeat(65),
    ],
    ".pipekeep-trash",
  ];
  for (const id of refused) {
    assert.ok(!isTaskId(id), JSON.stringify(id));
    assert.throws(() => assertTaskId(id), { code: "invalid_task_id" });
  }
});

Deno.test("timeInTaskId finds YYYYMMDD_HHMMSS in local time, when the calendar knows it", () => {
  const at = new Date(2025, 6, 2, 22, 38, 2).getTime();
  assert.equal(timeInTaskId("task_20250702_223802"), at);
  assert.equal(timeInTaskId("20250702_223802-retry"), at);
  assert.equal(timeInTaskId(taskIdAt(at)), at);
  const none = [
    "task_1",
    "20251301_000000",
    "20250230_000000",
    "20250702_240000",
    "20250702_236000",
    "120250702_2238020",
  ];
  for (const id of none) assert.equal(timeInTaskId(id), undefined, id);
});
