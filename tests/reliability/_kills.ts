/** Servers that are killed at chosen moments, and the start that must settle what they left. */
import { call, V0 } from "../_harness.ts";
import { type Call, CHANGES, FaultControl } from "./_fault_shim.ts";
import { startServer } from "./_start.ts";
import { assertSettled, type Mode, requestDeletion, untilSettled, Workspace } from "./_workspace.ts";

/** Deletes all tasks while the process dies at the nth of `calls`. False: there was no such call any more. */
export async function killAtCall(
  workspace: Workspace,
  mode: Mode,
  calls: readonly Call[],
  nth: number,
): Promise<boolean> {
  using faults = new FaultControl(`${workspace.folder}/faults`);
  await using server = await startServer(workspace.folder, { args: mode.args, faults });
  await call(server.url, "GET", `${V0}/tasks`);
  faults.arm({ calls, nth, error: "kill", below: workspace.folder });
  const settled = requestDeletion(server.url, mode, [...workspace.trees.keys()])
    .then(() => untilSettled(server.url, mode));
  return await diesBefore(settled, server.status, faults);
}

/** A start that dies at the nth call that changes the disk. False: it settled everything before. */
export async function killStartAtCall(workspace: Workspace, mode: Mode, nth: number): Promise<boolean> {
  using faults = new FaultControl(`${workspace.folder}/faults`);
  faults.arm({ calls: CHANGES, nth, error: "kill", below: workspace.folder });
  const settled = (async () => {
    await using server = await startServer(workspace.folder, { args: mode.args, faults });
    await untilSettled(server.url, mode);
  })();
  return await diesBefore(settled, settled, faults);
}

/** Whether the server was killed before everything settled; what fails for another reason is thrown. */
async function diesBefore(
  settled: Promise<unknown>,
  died: Promise<unknown>,
  faults: FaultControl,
): Promise<boolean> {
  try {
    await Promise.race([settled, died]);
  } catch (error) {
    if (faults.read().come === 0) throw error;
  }
  await settled.catch(() => {});
  return faults.read().come > 0;
}

/** Starts once more, unharmed: then everything agrees. */
export async function settleAndAssert(workspace: Workspace, mode: Mode): Promise<void> {
  await using server = await startServer(workspace.folder, { args: mode.args });
  await untilSettled(server.url, mode);
  await assertSettled(server.url, workspace, mode);
  workspace.assertDatabase();
}

/** With fresh tasks for each: nth = 1, 1 + step, … as far as `run` says that there was such a call. */
export async function forEachNth(
  mode: Mode,
  step: number,
  run: (workspace: Workspace, nth: number) => Promise<boolean>,
): Promise<number> {
  let kills = 0;
  for (let nth = 1;; nth += step) {
    using workspace = new Workspace();
    workspace.makeTasks(mode);
    const isKilled = await run(workspace, nth);
    try {
      await settleAndAssert(workspace, mode);
    } catch (error) {
      throw new Error(`after the ${nth}. call: ${(error as Error).message}`, { cause: error });
    }
    if (!isKilled) return kills;
    kills++;
  }
}
