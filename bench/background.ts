/**
 * Background tasks: claims by 8 workers over HTTP, the list of 1,000,000 against the list of 1,000, and events to 500
 * listeners.
 *
 *     deno task bench:background [--part claims,list,events] [--rounds 5] [--executable PATH]
 *
 * @module
 */
import { insertBackgroundTasks, NEWEST, NONE } from "./_background.ts";
import { printSeries, quantile, ratios, record, type Series } from "./_figures.ts";
import {
  type BenchOptions,
  benchOptions,
  makeScratch,
  memoryOf,
  output,
  rotated,
  type Server,
  startPipekeep,
} from "./_harness.ts";
import { report } from "./_history.ts";
import { openReader } from "./_wire.ts";

const TASKS = "/api/v1/tasks";
const WORKERS = 8;
const CLAIMS = 2000;
const FEW = 1000;
const MANY = 1_000_000;
const REQUESTS = 300;
const LISTENERS = 500;
const CHANGES = 40;

const PARTS: Record<string, (options: BenchOptions) => Promise<void>> = {
  claims: benchClaims,
  list: benchList,
  events: benchEvents,
};
const options = benchOptions(5, { part: "claims,list,events" });
for (const name of String(options.part).split(",")) {
  const part = PARTS[name];
  if (part === undefined) {
    console.error(
      `bench: --part is ${JSON.stringify(name)}, but must be among ${Object.keys(PARTS).join(", ")}`,
    );
    Deno.exit(2);
  }
  await part(options);
}

async function post(server: Server, path: string, body: unknown, method = "POST") {
  const response = await fetch(server.url + TASKS + path, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()).data;
}

/** A server with so many tasks, which are on the disk by now. */
async function startWith(
  options: BenchOptions,
  folder: string,
  count: number,
  runningOf: number,
): Promise<Server> {
  Deno.mkdirSync(folder, { recursive: true });
  await insertBackgroundTasks(`${folder}/pipekeep.db`, count, runningOf);
  await output("sync", ["-f", folder]);
  return await startPipekeep({ executable: options.executable, folder });
}

async function benchClaims(options: BenchOptions): Promise<void> {
  await using scratch = await makeScratch(options.folder);
  // Just used up by the rounds.
  const few = 2 * CLAIMS * options.rounds;
  await using small = await startWith(options, `${scratch.path}/few`, few, NONE);
  await using large = await startWith(options, `${scratch.path}/many`, MANY, NONE);
  const speed: Series = {};
  const contenders: [string, Server][] = [
    [`${few.toLocaleString("en")} waiting at first`, small],
    [`${MANY.toLocaleString("en")} waiting at first`, large],
  ];
  for (let round = 0; round < options.rounds; round++) {
    for (const [waiting, server] of rotated(contenders, round)) {
      const claim = (worker: string) => post(server, "/claim", { worker, lease_seconds: 3600 });
      record(speed, `claims, ${waiting}`, await perSecond(async (worker) => (await claim(worker)).id));
      record(
        speed,
        `claims, each with the report that completes it, ${waiting}`,
        await perSecond(async (worker) => {
          const { id, lease_token } = await claim(worker);
          await post(server, `/${id}`, { lease_token, status: "completed", result: {} }, "PATCH");
          return id;
        }),
      );
    }
  }
  printSeries(`${WORKERS} workers over HTTP`, "per second", speed);
}

/** How fast 8 workers do 2,000 tasks. @throws {Error} when two of them get the same */
async function perSecond(work: (worker: string) => Promise<number>): Promise<number> {
  const started = performance.now();
  const done = new Set<number>();
  let left = CLAIMS;
  await Promise.all(Array.from({ length: WORKERS }, async (_, i) => {
    while (left-- > 0) done.add(await work(`worker ${i}`));
  }));
  if (done.size !== CLAIMS) throw new Error(`${CLAIMS} claims gave ${done.size} tasks`);
  return CLAIMS / (performance.now() - started) * 1000;
}

async function benchList(options: BenchOptions): Promise<void> {
  await using scratch = await makeScratch(options.folder);
  await using few = await startWith(options, `${scratch.path}/few`, FEW, 20);
  await using many = await startWith(options, `${scratch.path}/many`, MANY, 20);
  const lists = ["?limit=50", "?status=running&limit=50", "?project_id=1&status=pending&limit=50"];
  const times: Series = {};
  const claims = [];
  for (const list of lists) {
    for (const changed of [true, false]) {
      const title = `${list}, ${changed ? "after a change" : "asked again"}`;
      for (let round = 0; round < options.rounds; round++) {
        const contenders: [Server, number][] = [[few, FEW], [many, MANY]];
        for (const [server, count] of rotated(contenders, round)) {
          record(times, `${title}, ${count.toLocaleString("en")}`, await readList(server, list, changed));
        }
      }
      const [under, over] = [FEW, MANY].map((count) => times[`${title}, ${count.toLocaleString("en")}`]!);
      claims.push({
        name: `1,000,000 / 1,000: ${title}`,
        values: ratios(over!, under!),
        goals: [{ value: 1.3 }],
      });
    }
  }
  printSeries(`GET ${TASKS}, median of ${REQUESTS}`, "ms", times);
  await report("background: lists", claims, options);
}

/** The median of many requests one after the other, in ms; `changed`: a worker reports before each. */
async function readList(server: Server, list: string, changed: boolean): Promise<number> {
  const reader = await openReader(server.url, TASKS + list);
  const latencies: number[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    if (changed) {
      await post(server, `/${NEWEST}`, { lease_token: `lease ${NEWEST}`, progress: i % 100 }, "PATCH");
    }
    const started = performance.now();
    await reader.read();
    latencies.push(performance.now() - started);
  }
  reader.close();
  return quantile(latencies, 0.5);
}

async function benchEvents(options: BenchOptions): Promise<void> {
  await using scratch = await makeScratch(options.folder);
  await using server = await startWith(options, scratch.path, FEW, 1);
  const reached: Series = {};
  const memory: Series = {};
  record(memory, "before", memoryOf(server.pid));
  for (
    const [title, taskOf] of [
      ["one task", () => NEWEST],
      ["a task each", (i: number) => NEWEST - 1 - i],
    ] as const
  ) {
    const listeners = await Promise.all(
      Array.from({ length: LISTENERS }, (_, i) => listen(server, taskOf(i))),
    );
    await Promise.all(listeners.map((listener) => listener.reaches(1)));
    const versions = new Map<number, number>();
    for (let round = 0; round < options.rounds; round++) {
      const latencies: number[] = [];
      for (let i = 0; i < CHANGES; i++) {
        const id = taskOf(i);
        const version = (versions.get(id) ?? 1) + 1;
        versions.set(id, version);
        const those = listeners.filter((_, j) => taskOf(j) === id);
        const started = performance.now();
        const progress = version % 100;
        await Promise.all([
          post(server, `/${id}`, { lease_token: `lease ${id}`, progress }, "PATCH"),
          ...those.map((listener) => listener.reaches(version)),
        ]);
        latencies.push(performance.now() - started);
      }
      record(reached, `${title}: the last of those who listen has it, median`, quantile(latencies, 0.5));
      record(reached, `${title}: p95`, quantile(latencies, 0.95));
      record(memory, `${LISTENERS} on ${title}`, memoryOf(server.pid));
    }
    for (const listener of listeners) listener.close();
  }
  printSeries(
    `A change of a task with ${LISTENERS} listeners connected`,
    "ms after the report was sent",
    reached,
  );
  printSeries("The server's memory", "MB", memory);
}

interface Listener {
  /** Resolves when this version of the task, or a newer one, has arrived. */
  reaches(version: number): Promise<void>;
  close(): void;
}

async function listen(server: Server, id: number): Promise<Listener> {
  const { hostname, port, host } = new URL(server.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET ${TASKS}/${id}/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  let arrived = 0;
  let isOver = false;
  let tell: () => void = () => {};
  const read = async () => {
    const buffer = new Uint8Array(16 * 1024);
    const decoder = new TextDecoder();
    for (;;) {
      const count = await connection.read(buffer).catch(() => null);
      if (count === null) break;
      for (
        const [, version] of decoder.decode(buffer.subarray(0, count)).matchAll(/id: (\d+)\nevent: task\n/g)
      ) {
        arrived = Number(version);
      }
      tell();
    }
    isOver = true;
    tell();
  };
  void read();
  return {
    async reaches(version) {
      while (arrived < version) {
        if (isOver) throw new Error("the server closed the connection");
        await new Promise<void>((resolve) => tell = resolve);
      }
    },
    close: () => connection.close(),
  };
}
