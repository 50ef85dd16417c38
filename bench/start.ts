/**
 * From the spawn to the line that says it listens, and the memory it takes when idle, against a bare `Deno.serve`.
 *
 *     deno task bench:start [--rounds 10] [--executable dist/pipekeep]
 *
 * @module
 */
import { type Claim, printSeries, ratios, record, type Series } from "./_figures.ts";
import {
  benchOptions,
  makeScratch,
  memoryOf,
  rotated,
  sleep,
  startPipekeep,
  startServer,
} from "./_harness.ts";
import { report } from "./_history.ts";
import { insertRecords } from "./_records.ts";

const RECORDS = [100_000, 1_000_000];
/** Milliseconds to ready that are the goal with so many records. */
const READY_GOALS: Record<number, number> = { 100_000: 200, 1_000_000: 500 };
const IDLE_MS = 2000;
const BARE = "bare Deno.serve";

const options = benchOptions(10);
await using scratch = await makeScratch(options.folder);
const bare = `${scratch.path}/bare.ts`;
Deno.writeTextFileSync(
  bare,
  `const { addr } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("ok"));
console.log("listening on http://127.0.0.1:" + addr.port);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
`,
);
const filled = new Map(RECORDS.map((records) => [records, `${scratch.path}/${records}`]));
for (const [records, folder] of filled) {
  Deno.mkdirSync(folder);
  await insertRecords({
    database: `${folder}/pipekeep.db`,
    trainingData: `${folder}/training_data`,
    records,
  });
}

const ready: Series = {};
const memory: Series = {};
let folders = 0;

/** What is started; the executable beside the sources, when there is one. */
const programs: [name: string, executable: string | undefined][] = [["sources", undefined]];
if (options.executable !== undefined) programs.push(["executable", options.executable]);
const contenders: [name: string, start: () => ReturnType<typeof startServer>][] = [
  [
    BARE,
    () => startServer([Deno.execPath(), "run", "--no-prompt", "--allow-net", bare], `${scratch.path}/log`),
  ],
  ...programs.flatMap(([name, executable]): typeof contenders => [
    [`${name}, first start`, () => startPipekeep({ executable, folder: newFolder() })],
    ...[...filled].map(([records, folder]): typeof contenders[number] => [
      `${name}, ${titleOf(records)}`,
      () => startPipekeep({ executable, folder }),
    ]),
  ]),
];
// Caches of the runtime and of the disk are warm afterwards.
for (const [, start] of contenders) await (await start()).stop();
for (let round = 0; round < options.rounds; round++) {
  for (const [name, start] of rotated(contenders, round)) {
    await using server = await start();
    record(ready, name, server.ready_ms);
    await sleep(IDLE_MS);
    record(memory, name, memoryOf(server.pid));
  }
}
printSeries("Spawn to ready", "ms", ready);
printSeries("Resident memory, idle for two seconds", "MB", memory);
await report(
  "start",
  programs.flatMap(([name]): Claim[] =>
    [undefined, ...RECORDS].flatMap((records): Claim[] => {
      const key = `${name}, ${titleOf(records)}`;
      const goal = records === undefined ? 300 : READY_GOALS[records]!;
      return [
        { name: `ready, ${key}`, values: ready[key]!, goals: [{ value: goal, unit: "ms" }] },
        { name: "  / bare Deno.serve", values: ratios(ready[key]!, ready[BARE]!) },
        { name: `memory, ${key}`, values: memory[key]!, goals: [{ value: 120, unit: "MB" }] },
        { name: "  / bare Deno.serve", values: ratios(memory[key]!, memory[BARE]!) },
      ];
    })
  ),
  options,
);

/** @param records none: its first start */
function titleOf(records?: number): string {
  return records === undefined ? "first start" : `${records.toLocaleString("en")} records`;
}

function newFolder(): string {
  const folder = `${scratch.path}/${folders++}`;
  Deno.mkdirSync(folder);
  return folder;
}
