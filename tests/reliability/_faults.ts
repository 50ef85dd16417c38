/** One deletion with one fault in it: what the caller is told is true, and when the fault is lifted all ends clean. */
import assert from "node:assert/strict";
import { type Answer, call, exists, until, V0 } from "../_harness.ts";
import type { Fault, FaultControl } from "./_fault_shim.ts";
import type { Walk } from "./_start.ts";
import { logOf, type Workspace } from "./_workspace.ts";

const OVER = ["purged", "released", "failed"];

export interface FaultRun {
  url: string;
  workspace: Workspace;
  faults: FaultControl;
  /** What the deletion is asked with. */
  options: Record<string, unknown>;
  /** The runtime's calls do not tell that a directory could not be read to its end. */
  walk: Walk;
}

/** What became of one fault. */
export interface FaultEnd {
  /** False: there was no nth call. */
  came: boolean;
}

let made = 0;

/** Registers and fills tasks, deletes them while `fault` is on, and asserts everything that must hold. */
export async function deleteWithFault(run: FaultRun, fault: Fault, tasks = 1): Promise<FaultEnd> {
  const { url, workspace, faults, options } = run;
  const taskIds = Array.from({ length: tasks }, () => `task_f${made++}`);
  for (const task_id of taskIds) {
    assert.equal((await call(url, "POST", `${V0}/tasks`, { task_id })).status, 201);
    workspace.makeTask(task_id);
  }
  try {
    faults.arm(fault);
    const answer = tasks === 1
      ? await call(url, "DELETE", `${V0}/tasks/${taskIds[0]}`, { confirm: true, ...options })
      : await call(url, "DELETE", `${V0}/tasks`, { task_ids: taskIds, confirm: true, ...options });
    const came = faults.read().come > 0;
    for (const taskId of taskIds) await judge(run, taskId, answer, fault);
    faults.lift();
    for (const taskId of taskIds) await assertEndsClean(run, taskId, fault);
    return { came };
  } catch (error) {
    const { seen, come, hit } = faults.read();
    throw new Error(
      `${fault.error} ${
        fault.forever ? "for good" : "once"
      } at ${fault.calls} ${fault.nth} (seen ${seen}, came ${come}, ${hit}): ${
        (error as Error).message.replaceAll(/\s+/g, " ")
      }`,
      { cause: error },
    );
  } finally {
    faults.lift();
    for (const taskId of taskIds) workspace.trees.delete(taskId);
    workspace.assertCanary();
  }
}

/** Whether the answer says that this task is deleted. */
function isCalledDeleted({ status, body }: Answer, taskId: string): boolean {
  if (status !== 200) return false;
  const { deleted_tasks } = body.data as { deleted_tasks?: { task_id: string }[] };
  return deleted_tasks === undefined || deleted_tasks.some((task) => task.task_id === taskId);
}

/** Whether the answer is true, while the fault is still on. */
async function judge(run: FaultRun, taskId: string, answer: Answer, fault: Fault): Promise<void> {
  const { url, workspace, faults } = run;
  const place = `${workspace.trainingData}/${taskId}`;
  const said = JSON.stringify(answer.body);
  const isOfTheDatabase = fault.below.includes("pipekeep.db");
  assert.ok([200, 403, 500, 503].includes(answer.status), said);
  assert.ok(!said.includes(workspace.folder), `it tells a path: ${said}`);
  workspace.assertWholeOrGone(taskId);
  if (isCalledDeleted(answer, taskId)) {
    assert.ok(!exists(place), `deleted, and still there: ${said}`);
    if (!isOfTheDatabase) {
      assert.deepEqual(await entriesOf(run, taskId), [], `deleted, and still in the trash: ${said}`);
    }
    return;
  }
  if (exists(place) || isOfTheDatabase) return;
  // Half way: never reported as done, and tried again while it runs.
  const rows = (await logOf(url, `&task_id=${taskId}`)).map((row) => row.outcome);
  // After a fault that came once it may have been made up for by now.
  const isTrue = !OVER.includes(rows[0]!) || (rows[0] === "purged" && !fault.forever);
  assert.ok(rows.length === 1 && isTrue, `${said}, but the log says ${rows}`);
  if (!fault.forever || rows[0] !== "purge_failed") return;
  const { come } = faults.read();
  const isGone = async () => (await entriesOf(run, taskId)).length === 0;
  await until(async () => faults.read().come > come || await isGone(), "it is tried again");
}

/** Without the fault: nothing stays open, a second deletion finishes, every byte was counted once. */
async function assertEndsClean(
  run: FaultRun,
  taskId: string,
  fault: Fault,
): Promise<void> {
  const { url, workspace, options } = run;
  const log = () => logOf(url, `&task_id=${taskId}`);
  let last: unknown;
  await until(async () => {
    const rows = last = await log();
    return rows.every((row) => OVER.includes(row.outcome));
  }, "every row ends").catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
  const tree = workspace.trees.get(taskId)!;
  workspace.assertWholeOrGone(taskId);
  const withRecords = options.delete_database_records === true;
  const isThere = exists(`${workspace.trainingData}/${taskId}`);
  const record = await call(url, "GET", `${V0}/tasks/${taskId}`);
  if (!isThere && withRecords) assert.equal(record.status, 404);
  else assert.equal(record.body.data?.directory_exists, isThere, `the record of ${taskId}`);
  const again = await call(url, "DELETE", `${V0}/tasks/${taskId}`, { confirm: true, ...options });
  assert.equal(again.status, !isThere && withRecords ? 404 : 200, JSON.stringify(again.body));
  assert.equal(again.body.data?.directory_deleted ?? false, isThere);
  const purged = (await log()).filter((row) => row.outcome === "purged");
  const sum = (of: (row: typeof purged[0]) => number | null) =>
    purged.reduce((n, row) => n + (of(row) ?? 0), 0);
  if (run.walk === "libc" || !fault.calls.includes("readdir")) {
    assert.deepEqual(
      [sum((row) => row.deleted_files_count), sum((row) => row.deleted_size_bytes)],
      [tree.files, tree.bytes],
      `counted once: ${JSON.stringify(purged)}`,
    );
  }
  // A receipt that could not be removed goes with the next start.
  assert.deepEqual(await entriesOf(run, taskId), []);
}

/** The entries in the trash that are this task's. */
async function entriesOf({ url, workspace }: FaultRun, taskId: string): Promise<string[]> {
  const ids = new Set((await logOf(url, `&task_id=${taskId}`)).map((row) => row.deletion_id));
  return workspace.trashNames().filter((name) => ids.has(name));
}
