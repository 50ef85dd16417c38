/**
 * Two campaigns that a seed repeats: kills at random times under a mixed load, and random single faults. RELIABILITY_SEED
 * sets the seed.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { until } from "../_harness.ts";
import { count, isLong, randomOf } from "./_campaign.ts";
import { CALLS, ERRNO, type Errno, FaultControl, noShim } from "./_fault_shim.ts";
import { deleteWithFault } from "./_faults.ts";
import { Load } from "./_load.ts";
import { startServer, WALKS } from "./_start.ts";
import { logOf, modeOf, Workspace } from "./_workspace.ts";

const SEED = Number(Deno.env.get("RELIABILITY_SEED") ?? 7);
const KILLS = isLong ? 100 : 3;
const FAULTS = isLong ? 1000 : 40;
const CLIENTS = 4;
const SOON = { look_ms: 5, first_ms: 10, longest_ms: 40 };
const why = noShim();

Deno.test(`deletion survives kill -9 at random times under load (seed ${SEED})`, async () => {
  const random = randomOf(SEED);
  using workspace = new Workspace();
  workspace.makeTasks(modeOf("batch"));
  workspace.trees.clear();
  const load = new Load(workspace, random);
  for (let kill = 0; kill < KILLS; kill++) {
    const walk = WALKS[kill % WALKS.length]!;
    {
      await using server = await startServer(workspace.folder, { walk });
      let isOver = false;
      const clients = Array.from(
        { length: CLIENTS },
        (_, client) => load.run(server.url, client, () => isOver),
      );
      await new Promise((resolve) => setTimeout(resolve, 20 + random() * 600));
      server.kill("SIGKILL");
      isOver = true;
      await Promise.all(clients);
      await server.status;
    }
    await using server = await startServer(workspace.folder, { walk });
    await until(async () => {
      const open = await logOf(server.url, "&outcome=intent");
      const trashed = await logOf(server.url, "&outcome=trashed");
      return open.length + trashed.length + jobsUnderWay(workspace) === 0;
    }, "all deletions and jobs end");
    await load.assertKept(server.url).catch((error) => {
      throw new Error(`after kill ${kill}: ${error.message}`, { cause: error });
    });
    count("kills at random times under load", "kills");
  }
  workspace.assertDatabase();
});

function jobsUnderWay(workspace: Workspace): number {
  const store = new DatabaseSync(`${workspace.folder}/pipekeep.db`, { readOnly: true });
  try {
    const { n } = store.prepare("SELECT count(*) AS n FROM jobs WHERE status IN ('scheduled', 'running')")
      .get()!;
    return Number(n);
  } finally {
    store.close();
  }
}

for (const walk of WALKS) {
  Deno.test({
    name: `deletion (${walk}) answers the truth and ends clean at random faults (seed ${SEED})${
      why === undefined ? "" : ` (ignored: ${why})`
    }`,
    ignore: why !== undefined,
    fn: async () => {
      const random = randomOf(SEED);
      const pick = <Value>(of: readonly Value[]) => of[Math.floor(random() * of.length)]!;
      using workspace = new Workspace();
      workspace.makeTasks(modeOf("single"));
      using faults = new FaultControl(`${workspace.folder}/faults`);
      await using server = await startServer(workspace.folder, { walk, faults, retries: SOON });
      let came = 0;
      for (let i = 0; i < FAULTS / WALKS.length; i++) {
        const isOfTheDatabase = random() < 0.3;
        const calls = isOfTheDatabase
          ? [pick(["pwrite", "fdatasync", "fsync", "truncate"] as const)]
          // Calls that are told apart elsewhere come mixed here.
          : CALLS.filter(() => random() < 0.3);
        const options = { delete_database_records: random() < 0.5 };
        const end = await deleteWithFault({ url: server.url, workspace, faults, walk, options }, {
          calls: calls.length > 0 ? calls : [pick(CALLS)],
          error: pick(isOfTheDatabase ? ["EIO", "ENOSPC"] : Object.keys(ERRNO) as Errno[]),
          nth: 1 + Math.floor(random() ** 2 * (isOfTheDatabase ? 12 : 60)),
          forever: random() < 0.5,
          below: `${workspace.folder}/${isOfTheDatabase ? "pipekeep.db" : "training_data"}`,
        }, pick([1, 1, 3]));
        if (end.came) came++;
      }
      assert.ok(came > 0);
      count(`random faults, ${walk}`, "faults", came);
    },
  });
}
