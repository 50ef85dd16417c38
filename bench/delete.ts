/**
 * Deletion over HTTP against `rm -rf` and the source documents' Python, and what it does to readers meanwhile.
 *
 *     deno task bench:delete [--shape all] [--rounds 5] [--synced] [--executable PATH]
 *
 * `--shape` takes any of `dirs`, `tasks`, `flat`, `reads`, with commas between, or `all`. With `--synced` each tree is on
 * the disk before it is deleted; without, it was just written.
 *
 * @module
 */
import { type Claim, type Goal, printSeries, ratios, record, type Series } from "./_figures.ts";
import {
  type BenchOptions,
  benchOptions,
  forgetPeak,
  makeScratch,
  memoryOf,
  output,
  rotated,
  startPipekeep,
} from "./_harness.ts";
import { report } from "./_history.ts";
import { benchReads } from "./_reads.ts";
import {
  assertGone,
  deleteByPython,
  deleteByRm,
  deleteOverHttp,
  idsOf,
  Meadow,
  register,
  type Shape,
  SHAPES,
  writeTrees,
} from "./_trees.ts";

const PIPEKEEP = "pipekeep, over HTTP";
const RM = "rm -rf";
const PYTHON = "Python: rglob, stat, rmtree";

interface Goals {
  rm: Goal[];
  python: Goal[];
  memory: Goal[];
}

/** The first of two is what is required, the second what is hoped for. */
const GOALS: Record<string, Goals> = {
  dirs: { rm: [{ value: 1.6 }, { value: 0.75 }], python: [{ value: 0.6 }], memory: [] },
  tasks: { rm: [{ value: 0.85 }], python: [], memory: [] },
  flat: { rm: [{ value: 1 }], python: [], memory: [{ value: 128, unit: "MB" }] },
};

const options = benchOptions(5, { shape: "all", synced: false });
const known = [...Object.keys(SHAPES), "reads"];
const wanted = options.shape === "all" ? known : String(options.shape).split(",");
for (const name of wanted) {
  if (known.includes(name)) continue;
  console.error(`bench: --shape is ${JSON.stringify(name)}, but must be among ${known.join(", ")}, all`);
  Deno.exit(2);
}
for (const name of wanted) {
  if (name === "reads") await benchReads(options, SHAPES.dirs!);
  else await benchShape(name, SHAPES[name]!, options, options.synced === true);
}

async function benchShape(name: string, shape: Shape, options: BenchOptions, synced: boolean): Promise<void> {
  await using scratch = await makeScratch(options.folder);
  const { executable, python } = options;
  const rounds = shape.isLong ? Math.ceil(options.rounds * 0.6) : options.rounds;
  const trainingData = `${scratch.path}/training_data`;
  await using server = await startPipekeep({ executable, folder: scratch.path });
  const times: Series = {};
  const growth: number[] = [];
  const meadow = new Meadow(`${scratch.path}/trees`);
  const overHttp = async (ids: string[], written: string) => {
    await register({ url: server.url, trainingData }, ids, written);
    forgetPeak(server.pid);
    const before = memoryOf(server.pid);
    const took = await deleteOverHttp(server.url, ids, shape);
    growth.push(memoryOf(server.pid, "peak") - before);
    assertGone(trainingData, ids);
    return took;
  };
  const contenders: [name: string, deletes: (ids: string[], written: string) => Promise<number>][] = [
    [PIPEKEEP, overHttp],
    [RM, (ids, written) => deleteByRm(written, ids)],
  ];
  if (!shape.isLong) contenders.push([PYTHON, (ids, written) => deleteByPython(python, written, ids, shape)]);
  for (let round = 0; round < rounds; round++) {
    const ids = idsOf(shape, round);
    for (const [contender, deletes] of rotated(contenders, round)) {
      const written = meadow.fold();
      writeTrees(written, ids, shape);
      if (synced) await output("sync", ["-f", written]);
      record(times, contender, await deletes(ids, written));
      assertGone(written, ids);
    }
  }
  const state = synced ? "synced to the disk before" : "just written";
  printSeries(`Deleting ${shape.title}, ${state}, on ${scratch.fileSystem}`, "ms", times);
  const goals = GOALS[name]!;
  const claims: Claim[] = [
    { name: "pipekeep / rm -rf", values: ratios(times[PIPEKEEP]!, times[RM]!), goals: goals.rm },
    { name: "server's memory grew, MB", values: growth, goals: goals.memory },
  ];
  if (times[PYTHON] !== undefined) {
    const values = ratios(times[PIPEKEEP]!, times[PYTHON]);
    claims.push({ name: "pipekeep / Python", values, goals: goals.python });
  }
  await report(`delete: ${name}${synced ? ", synced" : ""}`, claims, options);
}
