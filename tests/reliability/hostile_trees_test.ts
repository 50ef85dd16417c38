/** Trees that a careless deletion stumbles over, deleted by both walks: gone and counted exactly, or whole and refused. */
import assert from "node:assert/strict";
import { exists } from "../_harness.ts";
import { count, isLong } from "./_campaign.ts";
import { deleteTask, lookAtTree, makeHostileTree, memoryOf, removeHostileTrees } from "./_hostile.ts";
import { startServer, type Walk, WALKS } from "./_start.ts";
import { logOf, modeOf, Workspace } from "./_workspace.ts";

interface Kind {
  name: string;
  kind: string;
  /** As large in the long campaign, and in the share. */
  size?: [long: number, share: number];
  /** Executes the server under this. */
  wrap?: string[];
  /** What a walk ends in that cannot take the tree. Others: it goes. */
  refused?: Partial<Record<Walk, [status: number, code: string]>>;
  /** What this walk cannot measure: its numbers say so. */
  unmeasured?: Walk;
  /** How much more memory the server takes at most, in bytes. */
  memory?: number;
  /** Only in the long campaign: the share has one like it. */
  isLong?: boolean;
  ignore?: string;
}

const isRoot = Deno.uid() === 0;
/** Executes the rest without root's right to ignore modes. */
const BOUND_BY_MODES = isRoot ? ["setpriv", "--bounding-set=-all"] : [];
const MB = 2 ** 20;

const KINDS: Kind[] = [
  {
    name: "names and folders' names that are not UTF-8, GBK, newlines, 255 bytes",
    kind: "odd_names",
    refused: { runtime: [403, "PATH_FORBIDDEN"] },
  },
  { name: "files' names that are not UTF-8, beside U+FFFD itself", kind: "odd_files", unmeasured: "runtime" },
  {
    name: "3,000 levels",
    isLong: true,
    kind: "deep",
    size: [3000, 3000],
    refused: { runtime: [403, "PATH_FORBIDDEN"] },
  },
  {
    name: "3,000 levels with 1,024 descriptors",
    kind: "deep",
    size: [3000, 3000],
    wrap: ["prlimit", "--nofile=1024:1024"],
    refused: { runtime: [403, "PATH_FORBIDDEN"] },
  },
  {
    name: "30,000 levels",
    isLong: true,
    kind: "deep",
    size: [30_000, 0],
    refused: { runtime: [403, "PATH_FORBIDDEN"] },
  },
  { name: "hard links within and to the outside", kind: "shared" },
  { name: "FIFO, socket, device, a sparse file of 1 TiB", kind: "special" },
  { name: "links of all kinds", kind: "links" },
  {
    name: "folders without permissions, to one who is bound by them",
    kind: "closed",
    wrap: BOUND_BY_MODES,
    refused: { libc: [403, "PERMISSION_DENIED"], runtime: [403, "PERMISSION_DENIED"] },
  },
  {
    name: "folders without permissions, to root",
    kind: "closed",
    ignore: isRoot ? undefined : "this is not root",
  },
  { name: "many files in one folder", kind: "wide", size: [300_000, 25_000], memory: 128 * MB },
  { name: "many files in many folders", kind: "many", size: [1_000_000, 10_000], memory: 128 * MB },
];

for (const walk of WALKS) {
  for (const of of KINDS.filter((one) => isLong || !one.isLong)) {
    const { name: what, kind, size = [1, 1], wrap, refused, unmeasured, memory, ignore } = of;
    const amount = size[isLong ? 0 : 1];
    const name = amount > 1 ? `${what} (${amount})` : what;
    Deno.test({
      name: `deletion (${walk}) of a tree with ${name}${ignore ? ` (ignored: ${ignore})` : ""}`,
      ignore: ignore !== undefined,
      fn: async () => {
        using workspace = new Workspace();
        workspace.makeTasks(modeOf("single"));
        try {
          const tree = await makeHostileTree(workspace, "hostile", kind, amount);
          await using server = await startServer(workspace.folder, { walk, wrap });
          // Workers and whatever else is taken once.
          assert.equal((await deleteTask(server.url, "task_0")).status, 200);
          workspace.trees.clear();
          const before = memoryOf(server.pid).now;
          const { status, body } = await deleteTask(server.url, "hostile");
          const grown = memoryOf(server.pid).peak - before;
          const said = JSON.stringify(body);
          const [row] = await logOf(server.url, "&task_id=hostile");
          const refusal = refused?.[walk];
          if (refusal !== undefined) {
            assert.deepEqual([status, body.error_code], refusal, said);
            assert.deepEqual(await lookAtTree(`${workspace.trainingData}/hostile`), tree);
            assert.equal(row!.outcome, "failed");
          } else {
            assert.equal(status, 200, said);
            assert.ok(!exists(`${workspace.trainingData}/hostile`));
            assert.equal(row!.outcome, "purged");
            assert.equal(row!.deleted_files_count, tree.files);
            if (unmeasured === walk) assert.ok((body.data.unmeasured_files ?? 0) > 0, said);
            else assert.equal(row!.deleted_size_bytes, tree.bytes);
          }
          assert.deepEqual(workspace.trashNames(), []);
          workspace.assertCanary();
          // The runtime's own removal reads a folder's names as a whole.
          if (memory !== undefined && (walk === "libc" || isLong)) {
            console.log(`${walk}, ${kind}: memory grown by ${Math.round(grown / MB)} MB`);
            if (walk === "libc") assert.ok(grown < memory, `memory grew by ${Math.round(grown / MB)} MB`);
          }
          count(`hostile trees, ${walk}`, "trees");
          count(`hostile trees, ${walk}`, "files", tree.files);
        } finally {
          await removeHostileTrees(workspace);
        }
      },
    });
  }
}
