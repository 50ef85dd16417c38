/** `kill -9` in place of the k-th call that changes the disk (task directories and database alike), for every k. */
import assert from "node:assert/strict";
import { count, isLong, shareOf } from "./_campaign.ts";
import { CHANGES, noShim } from "./_fault_shim.ts";
import { forEachNth, killAtCall } from "./_kills.ts";
import { MODES } from "./_workspace.ts";

const why = noShim();
const because = why === undefined ? "" : ` (ignored: ${why})`;

const KILLS = [
  { what: "unlink", calls: ["unlink", "rmdir"], sparse: 4 },
  { what: "change of the disk", calls: CHANGES, sparse: 31 },
] as const;

for (const { what, calls, sparse } of KILLS) {
  // With retention nothing is unlinked yet.
  for (const mode of shareOf(MODES.filter((mode) => what !== "unlink" || !mode.keepsTrash), 1)) {
    Deno.test({
      name: `deletion (${mode.name}) survives kill -9 at the k-th ${what}${because}`,
      ignore: why !== undefined,
      fn: async () => {
        const kills = await forEachNth(mode, isLong ? 1 : sparse, async (workspace, nth) => {
          return await killAtCall(workspace, mode, calls, nth);
        });
        assert.ok(kills > 0);
        count(`kills at the k-th ${what}`, "kills", kills);
      },
    });
  }
}
