/**
 * The list of 50 from 100,000 records under 16 connections, against FastAPI + sqlite3 giving the same page.
 *
 *     deno task bench:list [--rounds 7] [--seconds 2] [--million] [--against DIR] [--executable PATH]
 *
 * With `--million` a second Pipekeep with 1,000,000 records takes part, with `--against` that of another checkout.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Claim, printSeries, ratios, record, type Series } from "./_figures.ts";
import {
  benchOptions,
  LIST,
  makeScratch,
  rotated,
  type Server,
  startPipekeep,
  startServer,
} from "./_harness.ts";
import { startEarlier } from "./_earlier.ts";
import { report } from "./_history.ts";
import { insertRecords, recordId } from "./_records.ts";
import { load } from "./_wrk.ts";
import { writeAtRate } from "./_writer.ts";

const RECORDS = 100_000;
const MILLION = 1_000_000;
const WRITES_PER_SECOND = 100;

const PIPEKEEP = "pipekeep";
const PAGES = "pipekeep, another page each time";
const WRITTEN = `pipekeep, ${WRITES_PER_SECOND} writes a second`;
const LARGE = "pipekeep, 1,000,000 records";
const LARGE_PAGES = "pipekeep, 1,000,000 records, other pages";
const EARLIER = "the earlier pipekeep";
const EARLIER_PAGES = "the earlier pipekeep, other pages";
const FAIR = "FastAPI, its own json.dumps";
const FAIR_PAGES = "FastAPI, its own json.dumps, other pages";
const BARE = "node:sqlite behind Deno.serve, nothing else, other pages";
const USUAL = "FastAPI, as usually written";

const options = benchOptions(7, { seconds: "2", million: false, against: "" });
const { executable, rounds } = options;
const seconds = Number(options.seconds);
await using scratch = await makeScratch(options.folder);
await using server = await startOn(`${scratch.path}/few`, RECORDS);
await using large = options.million === true ? await startOn(`${scratch.path}/many`, MILLION) : undefined;
await using earlier = options.against
  ? await startEarlier(String(options.against), `${scratch.path}/earlier`, RECORDS)
  : undefined;
await using reference = await startReference();
await using bare = await startBare();
await assertSamePage();

const rate: Series = {};
const tail: Series = {};
const writes: number[] = [];
const contenders: [name: string, url: string, pages: "one" | "many"][] = [
  [PIPEKEEP, server.url + LIST, "one"],
  [WRITTEN, server.url + LIST, "one"],
  [PAGES, server.url + LIST, "many"],
  [FAIR, `${reference.url}/fair/tasks?limit=50`, "one"],
  [FAIR_PAGES, `${reference.url}/fair/tasks?limit=50`, "many"],
  [BARE, `${bare.url}/tasks?limit=50`, "many"],
  [USUAL, `${reference.url}/tasks?limit=50`, "one"],
];
if (large !== undefined) {
  contenders.push([LARGE, large.url + LIST, "one"], [LARGE_PAGES, large.url + LIST, "many"]);
}
if (earlier !== undefined) {
  contenders.push([EARLIER, earlier.url + LIST, "one"], [EARLIER_PAGES, earlier.url + LIST, "many"]);
}
for (const [, url, pages] of contenders) await load(url, 1, pages);
for (let round = 0; round < rounds; round++) {
  for (const [name, url, pages] of rotated(contenders, round)) {
    await using writer = name === WRITTEN ? writeAtRate(server.url, WRITES_PER_SECOND, ids()) : undefined;
    const measured = await load(url, seconds, pages);
    record(rate, name, measured.requests_per_second);
    record(tail, name, measured.p99_ms);
    if (writer !== undefined) writes.push(await writer.stop());
  }
}
await print();

async function startOn(folder: string, records: number): Promise<Server> {
  Deno.mkdirSync(folder);
  await insertRecords({
    database: `${folder}/pipekeep.db`,
    trainingData: `${folder}/training_data`,
    records,
  });
  return await startPipekeep({ executable, folder });
}

async function startReference(): Promise<Server> {
  const script = new URL("reference_list.py", import.meta.url).pathname;
  const databases = [`${scratch.path}/few/pipekeep.db`, `${scratch.path}/reference.db`];
  return await startServer([options.python, script, ...databases], `${scratch.path}/reference.log`);
}

async function startBare(): Promise<Server> {
  const script = new URL("bare_list.ts", import.meta.url).pathname;
  const flags = ["run", "--no-prompt", "--allow-net", "--allow-read", "--allow-write"];
  const database = `${scratch.path}/few/pipekeep.db`;
  return await startServer([Deno.execPath(), ...flags, script, database], `${scratch.path}/bare.log`);
}

/** Both references give what Pipekeep gives, field by field; only the cursor is not theirs. */
async function assertSamePage(): Promise<void> {
  for (const query of ["?limit=50", "?limit=50&offset=777"]) {
    const path = LIST.replace("?limit=50", query);
    const own = await (await fetch(server.url + path)).json();
    assert.equal(own.data.tasks.length, 50);
    assert.equal(own.data.total, RECORDS);
    delete own.data.next_cursor;
    for (const route of ["/tasks", "/fair/tasks"]) {
      assert.deepEqual(await (await fetch(reference.url + route + query)).json(), own);
    }
  }
}

/** Of the newest records, which are on the page that is read. */
function ids(): string[] {
  return Array.from({ length: 50 }, (_, i) => recordId(RECORDS - 1 - i));
}

async function print(): Promise<void> {
  printSeries(`GET ${LIST} of 100,000 records, 16 connections`, "requests/s", rate);
  printSeries("p99 of these", "ms", tail);
  const claims: Claim[] = [
    {
      name: "pipekeep / FastAPI, its own json.dumps",
      values: ratios(rate[PIPEKEEP]!, rate[FAIR]!),
      goals: [{ at: "least", value: 4 }, { at: "least", value: 6 }],
    },
    {
      name: "pipekeep / FastAPI, as usually written",
      values: ratios(rate[PIPEKEEP]!, rate[USUAL]!),
      goals: [{ at: "least", value: 4 }],
    },
    {
      name: "the same, another page each time",
      values: ratios(rate[PAGES]!, rate[FAIR_PAGES]!),
      goals: [{ at: "least", value: 3 }],
    },
    { name: "  nothing else / FastAPI", values: ratios(rate[BARE]!, rate[FAIR_PAGES]!) },
    {
      name: "written to / FastAPI left alone",
      values: ratios(rate[WRITTEN]!, rate[FAIR]!),
      goals: [{ at: "least", value: 4 }],
    },
    { name: "writes that got through, per second", values: writes },
  ];
  if (large !== undefined) {
    const goals = [{ value: 1.3 }];
    claims.push(
      { name: "100,000 / 1,000,000 records", values: ratios(rate[PIPEKEEP]!, rate[LARGE]!), goals },
      { name: "the same, other pages", values: ratios(rate[PAGES]!, rate[LARGE_PAGES]!), goals },
    );
  }
  if (earlier !== undefined) {
    const goals: Claim["goals"] = [{ at: "least", value: 1 }];
    claims.push(
      { name: "pipekeep / the earlier", values: ratios(rate[PIPEKEEP]!, rate[EARLIER]!), goals },
      { name: "  other pages", values: ratios(rate[PAGES]!, rate[EARLIER_PAGES]!), goals },
    );
  }
  await report("list", claims, options);
}
