/**
 * Claims, each with the report that completes it, by 8 workers: Pipekeep over HTTP against pg-boss and graphile-worker on
 * PostgreSQL, all on this machine and each commit on the disk.
 *
 *     deno task bench:claims [--rounds 7] [--executable PATH]
 *
 * The others speak to their database directly, by their own library; Pipekeep's workers are plain HTTP clients with a
 * connection each.
 *
 * @module
 */
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { PgBoss } from "pg-boss";
import { insertBackgroundTasks, NONE } from "../_background.ts";
import { printSeries, ratios, record, type Series } from "../_figures.ts";
import { benchOptions, makeScratch, output, rotated, startPipekeep } from "../_harness.ts";
import { report } from "../_history.ts";
import { startPostgres } from "./_postgres.ts";
import { openCaller } from "../_wire.ts";

const TASKS = "/api/v1/tasks";
const WORKERS = 8;
const JOBS = 2000;
const QUEUE = "search";
const PAYLOAD = { query: "machine learning", sources: ["semantic_scholar", "arxiv"] };

interface Claimed {
  id: number;
  lease_token: string;
}

/** One round: JOBS jobs are claimed and completed. Returns how many a second. */
type Round = () => Promise<number>;

const options = benchOptions(7);
await using scratch = await makeScratch(options.folder);
await using stack = new AsyncDisposableStack();
const contenders: [name: string, round: Round][] = [
  ["pipekeep", await preparePipekeep(`${scratch.path}/pipekeep`)],
  ["pg-boss", await preparePgBoss(`${scratch.path}/pg_boss`)],
  ["graphile-worker", await prepareGraphile(`${scratch.path}/graphile`)],
];
const speed: Series = {};
for (const [, round] of contenders) await round();
for (let round = 0; round < options.rounds; round++) {
  for (const [name, measure] of rotated(contenders, round)) {
    // What the one before it left unwritten would be waited for by its commits.
    await output("sync", ["-f", scratch.path]);
    record(speed, name, await measure());
  }
}
printSeries(`Claims with their reports, ${WORKERS} workers`, "per second", speed);
const [pipekeep, pgBoss, graphile] = contenders.map(([name]) => speed[name]!);
await report("claims", [
  { name: "pipekeep / pg-boss", values: ratios(pipekeep!, pgBoss!), goals: [{ at: "least", value: 2 }] },
  {
    name: "pipekeep / graphile-worker",
    values: ratios(pipekeep!, graphile!),
    goals: [{ at: "least", value: 2 }],
  },
], options);

async function preparePipekeep(folder: string): Promise<Round> {
  Deno.mkdirSync(folder);
  await insertBackgroundTasks(`${folder}/pipekeep.db`, JOBS * (options.rounds + 1), NONE);
  await output("sync", ["-f", folder]);
  const server = stack.use(await startPipekeep({ executable: options.executable, folder }));
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => openCaller(server.url)));
  stack.defer(() => workers.forEach((worker) => worker.close()));
  return () =>
    perSecond(async (i) => {
      const call = async (method: string, path: string, body: unknown) =>
        (await workers[i]!.call(method, TASKS + path, body) as { data: Claimed }).data;
      const { id, lease_token } = await call("POST", "/claim", {
        worker: `worker ${i}`,
        lease_seconds: 3600,
      });
      await call("PATCH", `/${id}`, { lease_token, status: "completed", result: {} });
      return id;
    });
}

async function preparePgBoss(folder: string): Promise<Round> {
  const postgres = stack.use(await startPostgres(folder));
  const boss = new PgBoss(postgres.url);
  await boss.start();
  // What ends its connections at the end is the database.
  boss.on("error", () => {});
  stack.defer(() => boss.stop({ graceful: true, close: true, timeout: 2000 }));
  await boss.createQueue(QUEUE);
  return async () => {
    await boss.insert(QUEUE, Array.from({ length: JOBS }, () => ({ data: PAYLOAD })));
    return await perSecond(async () => {
      const [job] = await boss.fetch(QUEUE);
      await boss.complete(QUEUE, job!.id, {});
      return job!.id;
    });
  };
}

async function prepareGraphile(folder: string): Promise<Round> {
  const postgres = stack.use(await startPostgres(folder));
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString: postgres.url, logger });
  await utils.migrate();
  stack.defer(() => utils.release());
  return async () => {
    await utils.addJobs(Array.from({ length: JOBS }, () => ({ identifier: QUEUE, payload: PAYLOAD })));
    // From the first that runs to the last: what starting takes is not counted.
    let [done, first] = [0, 0];
    const all = Promise.withResolvers<number>();
    const runner = await run({
      connectionString: postgres.url,
      concurrency: WORKERS,
      noHandleSignals: true,
      logger,
      parsedCronItems: [],
      taskList: {
        [QUEUE]: () => {
          if (done++ === 0) first = performance.now();
          if (done === JOBS) all.resolve(performance.now());
        },
      },
    });
    const last = await all.promise;
    await runner.stop();
    return (JOBS - 1) / (last - first) * 1000;
  };
}

/** How fast 8 workers do all. @throws {Error} when two of them get the same */
async function perSecond(work: (worker: number) => Promise<number | string>): Promise<number> {
  const started = performance.now();
  const done = new Set<number | string>();
  let left = JOBS;
  await Promise.all(Array.from({ length: WORKERS }, async (_, i) => {
    while (left-- > 0) done.add(await work(i));
  }));
  if (done.size !== JOBS) throw new Error(`${JOBS} claims gave ${done.size} tasks`);
  return JOBS / (performance.now() - started) * 1000;
}
