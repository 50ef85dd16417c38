/** How long `GET /tasks?limit=50` takes while a deletion goes on, against the same readers on an idle server. */
import { printSeries, quantile, ratios, record, type Series } from "./_figures.ts";
import { type BenchOptions, LIST, makeScratch, startPipekeep } from "./_harness.ts";
import { report } from "./_history.ts";
import { insertRecords } from "./_records.ts";
import { deleteOverHttp, idsOf, Meadow, register, type Shape, writeTrees } from "./_trees.ts";
import { openReader, type Reader } from "./_wire.ts";

const RECORDS = 10_000;
const IDLE_MS = 1500;

/** Who reads: so many connections, each as fast as it is answered, or all together at a fixed rate. */
interface Readers {
  title: string;
  connections: number;
  /** Requests start at this distance whatever became of those before, so a stall is not counted as one request. */
  every_ms?: number;
}

export const FOUR_READERS: Readers = { title: "4 connections", connections: 4 };

const READERS: readonly Readers[] = [
  { title: "1 connection", connections: 1 },
  FOUR_READERS,
  { title: "500 requests a second", connections: 64, every_ms: 2 },
];

export async function benchReads(
  options: BenchOptions,
  shape: Shape,
  all: readonly Readers[] = READERS,
): Promise<void> {
  await using scratch = await makeScratch(options.folder);
  const folder = scratch.path;
  const trainingData = `${folder}/training_data`;
  await insertRecords({ database: `${folder}/pipekeep.db`, trainingData, records: RECORDS });
  await using server = await startPipekeep({ executable: options.executable, folder });
  const meadow = new Meadow(`${folder}/trees`);
  const tail: Series = {};
  const worst: Series = {};
  const deletion: Series = {};
  const readersOf = await Promise.all(
    all.map(({ connections }) =>
      Promise.all(Array.from({ length: connections }, () => openReader(server.url, LIST)))
    ),
  );
  for (const [i, readers] of all.entries()) await read(readers, readersOf[i]!, delay(500));
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, readers] of all.entries()) {
      const ids = idsOf(shape, round * all.length + i);
      const measureIdle = async () => note("idle", await read(readers, readersOf[i]!, delay(IDLE_MS)));
      const note = (state: string, latencies: number[]) => {
        record(tail, `${readers.title}, ${state}`, quantile(latencies, 0.99));
        record(worst, `${readers.title}, ${state}`, quantile(latencies, 1));
      };
      if (round % 2 === 0) await measureIdle();
      const written = meadow.fold();
      writeTrees(written, ids, shape);
      await register({ url: server.url, trainingData }, ids, written);
      const deleting = deleteOverHttp(server.url, ids, shape);
      note("deleting", await read(readers, readersOf[i]!, deleting));
      record(deletion, `read by ${readers.title}`, await deleting);
      if (round % 2 === 1) await measureIdle();
    }
  }
  for (const reader of readersOf.flat()) reader.close();
  const while_ = `GET ${LIST}, idle and while ${shape.title} are deleted`;
  printSeries(`p99 of ${while_}`, "ms", tail);
  printSeries("the longest of them", "ms", worst);
  printSeries("the deletion meanwhile", "ms", deletion);
  const claims = all.map(({ title, every_ms }) => ({
    name: `p99 while deleting / idle, ${title}`,
    values: ratios(tail[`${title}, deleting`]!, tail[`${title}, idle`]!),
    // At a fixed rate one stall of the disk in a deletion is the p99: shown, not claimed.
    goals: every_ms === undefined ? [{ value: 3 }, { value: 2 }] : [],
  }));
  await report("delete: reads", claims, options);
}

/** Reads until `end` settles; returns every request's latency in ms. */
async function read(
  readers: Readers,
  connections: readonly Reader[],
  end: Promise<unknown>,
): Promise<number[]> {
  const latencies: number[] = [];
  let ended = false;
  const stop = end.finally(() => ended = true);
  const one = async (connection: Reader) => {
    const started = performance.now();
    await connection.read();
    latencies.push(performance.now() - started);
  };
  if (readers.every_ms === undefined) {
    await Promise.all(connections.map(async (connection) => {
      while (!ended) await one(connection);
    }));
  } else await readAtRate(readers.every_ms, connections, one, () => ended);
  await stop;
  return latencies;
}

async function readAtRate(
  every_ms: number,
  connections: readonly Reader[],
  one: (connection: Reader) => Promise<void>,
  isEnded: () => boolean,
): Promise<void> {
  const free = [...connections];
  const under = new Set<Promise<void>>();
  const started = performance.now();
  for (let sent = 0; !isEnded(); sent++) {
    const wait = started + sent * every_ms - performance.now();
    if (wait > 0) await delay(wait);
    while (free.length === 0) await Promise.race(under);
    const connection = free.pop()!;
    const reading: Promise<void> = one(connection).finally(() => {
      free.push(connection);
      under.delete(reading);
    });
    under.add(reading);
  }
  await Promise.all(under);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
