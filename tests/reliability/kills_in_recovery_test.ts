/** `kill -9` during the recovery that follows a `kill -9`: at every call of it that changes the disk. */
import assert from "node:assert/strict";
import { DELETION_STEPS, type DeletionStep } from "../../domain/deletion_states.ts";
import { until } from "../_harness.ts";
import { count, isLong, shareOf } from "./_campaign.ts";
import { noShim } from "./_fault_shim.ts";
import { forEachNth, killStartAtCall, settleAndAssert } from "./_kills.ts";
import { startServer } from "./_start.ts";
import { assertDies, logOf, type Mode, modeOf, MODES, requestDeletion, Workspace } from "./_workspace.ts";

const why = noShim();
const because = why === undefined ? "" : ` (ignored: ${why})`;

async function killAtStep(workspace: Workspace, mode: Mode, step: DeletionStep): Promise<void> {
  await using server = await startServer(workspace.folder, { args: mode.args, kill: { step, nth: 1 } });
  await assertDies(server, requestDeletion(server.url, mode, [...workspace.trees.keys()]), mode);
}

const EACH: [mode: string, step: DeletionStep][] = [
  ["with records", "moved"],
  ["batch", "recorded"],
  ["job", "synced"],
  ["retention", "surveyed"],
];

for (const [name, step] of shareOf(EACH, 1)) {
  Deno.test({
    name: `recovery (${name}) from kill -9 at "${step}" survives one at each of its own calls${because}`,
    ignore: why !== undefined,
    fn: async () => {
      const mode = modeOf(name);
      const kills = await forEachNth(mode, isLong ? 1 : 53, async (workspace, nth) => {
        await killAtStep(workspace, mode, step);
        return await killStartAtCall(workspace, mode, nth);
      });
      assert.ok(kills > 0);
      count("kills during recovery", "kills", kills);
    },
  });
}

/** Each start comes one call, or a few, further than the last before it dies. */
const AGAIN = MODES.flatMap((mode) => DELETION_STEPS.map((step) => ({ mode, step })))
  .filter(({ mode, step }) => !mode.keepsTrash || !["purged", "finished"].includes(step));

for (const { mode, step } of shareOf(AGAIN, 2)) {
  Deno.test({
    name: `recovery (${mode.name}) from kill -9 at "${step}" survives being killed again and again${because}`,
    ignore: why !== undefined,
    fn: async () => {
      using workspace = new Workspace();
      workspace.makeTasks(mode);
      await killAtStep(workspace, mode, step);
      let kills = 0;
      for (let nth = 1; await killStartAtCall(workspace, mode, nth); nth += 1 + kills % (isLong ? 9 : 29)) {
        kills++;
      }
      await settleAndAssert(workspace, mode);
      count("kills during recovery, again and again", "kills", kills);
    },
  });
}

Deno.test({
  name: `a start that purges what retention kept survives kill -9 at each of its calls${because}`,
  ignore: why !== undefined,
  fn: async () => {
    const mode: Mode = { name: "retention that ended", tasks: 2, args: ["--trash-retention", "1s"] };
    const kills = await forEachNth(mode, isLong ? 3 : 53, async (workspace, nth) => {
      {
        await using server = await startServer(workspace.folder, { args: mode.args });
        await requestDeletion(server.url, mode, [...workspace.trees.keys()]);
        assert.deepEqual((await logOf(server.url)).map((row) => row.outcome), ["trashed", "trashed"]);
      }
      const asked = Date.now();
      await until(() => Date.now() > asked + 1000, "its time in the trash ends");
      return await killStartAtCall(workspace, mode, nth);
    });
    assert.ok(kills > 0);
    count("kills while retention ends", "kills", kills);
  },
});
