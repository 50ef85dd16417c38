import assert from "node:assert/strict";
import { PoolClosed, TreePool } from "../../../services/training_data/tree_pool.ts";
import type { Portion, WalkContext } from "../../../services/training_data/tree_walk.ts";

function makeTrees(folder: string, trees: number, files: number): string[] {
  return Array.from({ length: trees }, (_, i) => {
    const path = `${folder}/${trees}_${i}`;
    Deno.mkdirSync(path);
    for (let f = 0; f < files; f++) Deno.writeTextFileSync(`${path}/${f}`, "x".repeat(f));
    return `${trees}_${i}`;
  });
}

function whole(paths: readonly string[]): Portion[] {
  return paths.map((path) => ({ path, scope: "tree" }));
}

async function withPool(
  size: number,
  body: (pool: TreePool, folder: string, context: WalkContext) => Promise<void>,
) {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_pool_" });
  const pool = new TreePool({ size });
  try {
    const { dev, uid, ino } = Deno.lstatSync(folder);
    await body(pool, folder, {
      base: folder,
      inode: ino,
      dev,
      uid: uid ?? 0,
      overrides: true,
      inTrash: true,
    });
  } finally {
    pool.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("TreePool gives one outcome per path, in their order, failures among them", async () => {
  await withPool(2, async (pool, folder, context) => {
    const trees = makeTrees(folder, 50, 3);
    const paths = trees.flatMap((path, i) => i % 10 === 0 ? [path, `missing_${i}`] : [path]);
    const outcomes = await pool.run("measure", whole(paths), context);
    assert.equal(outcomes.length, paths.length);
    outcomes.forEach((outcome, i) => {
      if (paths[i]!.startsWith("missing")) assert.ok(outcome.error, paths[i]);
      else assert.deepEqual(outcome.error ?? [outcome.value.files, outcome.value.bytes], [3, 3], paths[i]);
    });
    for (const outcome of await pool.run("remove", whole(trees), context)) {
      assert.equal(outcome.error, undefined);
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("TreePool serves everybody in turn: a small work does not wait for a large one", async () => {
  await withPool(1, async (pool, folder, context) => {
    const large = makeTrees(folder, 400, 2);
    const [small] = makeTrees(folder, 1, 2);
    const ended: string[] = [];
    await Promise.all([
      pool.run("measure", whole(large), context).then(() => ended.push("large")),
      pool.run("measure", whole([small!]), context).then(() => ended.push("small")),
    ]);
    assert.deepEqual(ended, ["small", "large"]);
  });
});

Deno.test("TreePool rejects what is waiting when it closes, and what comes later", async () => {
  await withPool(1, async (pool, folder, context) => {
    const waiting = pool.run("measure", whole(makeTrees(folder, 200, 1)), context);
    pool.close();
    await assert.rejects(waiting, PoolClosed);
    await assert.rejects(pool.run("measure", whole([folder]), context), PoolClosed);
  });
});

const NO_WORKERS = `
  import { TreePool } from ${
  JSON.stringify(import.meta.resolve("../../../services/training_data/tree_pool.ts"))
};
  let started = 0;
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      started++;
    }
  };
  const pool = new TreePool({ size: 2 });
  const context = { base: "/", inode: null, dev: 0, uid: 0, overrides: false, inTrash: false };
  for (let i = 0; i < 2; i++) {
    const refusal = await pool.run("measure", [{ path: "x", scope: "tree" }], context).catch((error) => error.message);
    console.log(refusal, started);
  }
  pool.close();
`;

Deno.test("TreePool whose Workers cannot start says so, and tries again only when there is work again", async () => {
  const script = Deno.makeTempFileSync({ suffix: ".js" });
  try {
    Deno.writeTextFileSync(script, NO_WORKERS);
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    // Without the permission to read, a Worker cannot load its file.
    const args = ["run", "--no-prompt", "--config", config, "--allow-env", script];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
    assert.deepEqual(new TextDecoder().decode(stdout).trim().split("\n"), [
      "no Worker starts that could walk directories 2",
      "no Worker starts that could walk directories 4",
    ]);
  } finally {
    Deno.removeSync(script);
  }
});
