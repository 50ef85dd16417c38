/** One task's deletion by the batch route, and the trash after it. */
import assert from "node:assert/strict";
import { type Harness, listTree, V0 } from "../_harness.ts";

export async function removeOne(harness: Harness, task_id: string, options: Record<string, unknown> = {}) {
  const { status, body } = await harness.call("DELETE", `${V0}/tasks`, {
    task_ids: [task_id],
    confirm: true,
    ...options,
  });
  assert.equal(status, 200);
  return body;
}

/** Nothing but the marker of the file system is left in the trash. */
export function assertTrashIsEmpty(harness: Harness): void {
  assert.deepEqual(
    listTree(`${harness.trainingData}/.pipekeep-trash`).filter((name) => !name.startsWith(".volume-")),
    [],
  );
}
