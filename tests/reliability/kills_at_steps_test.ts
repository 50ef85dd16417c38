/** `kill -9` at every boundary between two steps of the deletion protocol, however it was asked for. */
import { DELETION_STEPS, type DeletionStep } from "../../domain/deletion_states.ts";
import { count, shareOf } from "./_campaign.ts";
import { startServer } from "./_start.ts";
import {
  assertDies,
  assertSettled,
  type Mode,
  MODES,
  requestDeletion,
  untilSettled,
  Workspace,
} from "./_workspace.ts";

interface Case {
  mode: Mode;
  step: DeletionStep;
  nth: number;
}

/** With retention nothing is purged, so these steps are not reached. */
const AFTER_RETENTION: readonly DeletionStep[] = ["purged", "finished"];

/** Each step, and those that are reached once per task (by a job all of them) also for the last one. */
const CASES: Case[] = MODES.flatMap((mode) =>
  DELETION_STEPS.filter((step) => !mode.keepsTrash || !AFTER_RETENTION.includes(step)).flatMap(
    (step): Case[] => {
      const isPerTask = step === "moved" || mode.options?.async === true;
      const last = isPerTask ? mode.tasks : 1;
      return [...new Set([1, last])].map((nth) => ({ mode, step, nth }));
    },
  )
);

for (const { mode, step, nth } of shareOf(CASES, 8)) {
  Deno.test(`deletion (${mode.name}) survives kill -9 at "${step}", the ${nth}.`, async () => {
    using workspace = new Workspace();
    const ids = workspace.makeTasks(mode);
    {
      await using server = await startServer(workspace.folder, { args: mode.args, kill: { step, nth } });
      await assertDies(server, requestDeletion(server.url, mode, ids), mode);
      count("kills at step boundaries", "kills");
    }
    await using server = await startServer(workspace.folder, { args: mode.args });
    await untilSettled(server.url, mode);
    await assertSettled(server.url, workspace, mode);
    workspace.assertDatabase();
  });
}
