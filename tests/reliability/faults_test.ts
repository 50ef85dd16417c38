/** Every call of the file system that a deletion makes fails in turn, once and for good. */
import assert from "node:assert/strict";
import { count, shareOf } from "./_campaign.ts";
import { type Call, type Errno, FaultControl, noShim } from "./_fault_shim.ts";
import { deleteWithFault } from "./_faults.ts";
import { startServer, type Walk, WALKS } from "./_start.ts";
import { modeOf, Workspace } from "./_workspace.ts";

const why = noShim();
const because = why === undefined ? "" : ` (ignored: ${why})`;

const SOON = { look_ms: 5, first_ms: 10, longest_ms: 40 };

interface Case {
  call: Call;
  error: Errno;
  forever: boolean;
  records: boolean;
}

function cases(calls: readonly Call[], errors: readonly Errno[]): Case[] {
  // Records go in every other case.
  return calls.flatMap((call, i) =>
    errors.flatMap((error, j) =>
      [false, true].map((forever, k) => ({ call, error, forever, records: (i + j + k) % 2 === 1 }))
    )
  );
}

const TREE: Case[] = cases(
  ["rename", "unlink", "rmdir", "fsync", "fdatasync", "write", "open", "readdir", "stat", "mkdir"],
  ["EIO", "EACCES", "EBUSY", "EROFS", "ENOSPC"],
);
const DATABASE: Case[] = cases(["pwrite", "fdatasync", "fsync", "truncate"], ["EIO", "ENOSPC"]);

/** Runs the cases against one server: it lives through all of them. */
async function runAll(campaign: string, walk: Walk, below: string, some: readonly Case[]): Promise<void> {
  using workspace = new Workspace();
  workspace.makeTasks(modeOf("single"));
  using faults = new FaultControl(`${workspace.folder}/faults`);
  await using server = await startServer(workspace.folder, { faults, walk, retries: SOON });
  const problems: string[] = [];
  let runs = 0;
  for (const { call, error, forever, records } of some) {
    const run = { url: server.url, workspace, faults, walk, options: { delete_database_records: records } };
    for (let nth = 1;; nth++) {
      try {
        const { came } = await deleteWithFault(run, {
          calls: [call],
          error,
          nth,
          forever,
          below: `${workspace.folder}/${below}`,
        });
        if (!came) break;
        runs++;
      } catch (problem) {
        problems.push((problem as Error).message);
        if (problems.length > 5) break;
      }
    }
  }
  assert.deepEqual(problems, []);
  count(campaign, "faults", runs);
  assert.ok(runs > 0);
}

for (const walk of WALKS) {
  Deno.test({
    name: `deletion (${walk}) answers the truth and ends clean when a call on the tree fails${because}`,
    ignore: why !== undefined,
    fn: () => runAll(`faults of the file system, ${walk}`, walk, "training_data", shareOf(TREE, 7)),
  });
}

Deno.test({
  name: `deletion answers the truth and ends clean when a write to the database fails${because}`,
  ignore: why !== undefined,
  fn: () => runAll("faults of the database's file", WALKS[0]!, "pipekeep.db", shareOf(DATABASE, 4)),
});
