/** What both forms of the executable must do, checked from outside. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Server, SmokeBed } from "./smoke_bed.ts";
import metadata from "../deno.json" with { type: "json" };

const TASKS = "/api/v0/data_pipeline/tasks";
/** The source documents' example, which the demo makes. */
const SAMPLE = "task_20250702_223802";

/** Runs one check and prints its outcome; what it returns is printed beside its name. */
export type Check = (name: string, body: () => Promise<string | void>) => Promise<void>;

/** Deletes the sample and holds what the server says against what was on the disk. */
export async function deleteSample(server: Server, base: string): Promise<string> {
  const directory = join(base, "training_data", SAMPLE);
  const before = measure(directory);
  assert.ok(before.files > 0 && before.bytes > 0);

  const dry = await server.call("DELETE", `${TASKS}/${SAMPLE}`, { dry_run: true });
  assert.equal(dry.status, 200);
  assert.equal(dry.body.data.deleted_files_count, before.files);
  assert.equal(dry.body.data.deleted_size_bytes, before.bytes);
  assert.deepEqual(measure(directory), before, "the dry run changed something");

  const { status, body } = await server.call("DELETE", `${TASKS}/${SAMPLE}`, { confirm: true });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.data.directory_deleted, true);
  assert.equal(body.data.deleted_files_count, before.files);
  assert.equal(body.data.deleted_size_bytes, before.bytes);
  assert.throws(() => Deno.lstatSync(directory), Deno.errors.NotFound);
  await assertDeleted(server);
  return `${before.files} files, ${before.bytes} bytes`;
}

async function assertDeleted(server: Server): Promise<void> {
  const { status, body } = await server.call("GET", `${TASKS}/${SAMPLE}`);
  assert.equal(status, 200);
  assert.equal(body.data.directory_exists, false);
}

function measure(directory: string): { files: number; bytes: number } {
  const sum = { files: 0, bytes: 0 };
  for (const entry of Deno.readDirSync(directory)) {
    const path = join(directory, entry.name);
    const { files, bytes } = entry.isDirectory
      ? measure(path)
      : { files: 1, bytes: Deno.lstatSync(path).size };
    sum.files += files;
    sum.bytes += bytes;
  }
  return sum;
}

/** Every entry in `folder`, sorted. */
export function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

/** A whole life: the first start, a deletion, the end. */
export async function checkServer(check: Check, bed: SmokeBed): Promise<void> {
  let started: Server | undefined;
  await check("the first start makes the demo and listens", async () => {
    started = await bed.serve(["--demo"]);
    const memory = started.residentMb === undefined ? "" : `, ${started.residentMb.toFixed(0)} MB resident`;
    return `${started.readyMs.toFixed(0)} ms to ready${memory}`;
  });
  if (started === undefined) return;
  await using server = started;
  await check("it is healthy", async () => {
    assert.equal((await server.call("GET", "/healthz")).status, 200);
  });
  await check("it lists the demo's tasks", async () => {
    const { status, body } = await server.call("GET", `${TASKS}?limit=1000`);
    assert.equal(status, 200);
    assert.ok(body.data.tasks.some((task: { task_id: string }) => task.task_id === SAMPLE));
    assert.equal(body.data.total, names(join(bed.base, "training_data")).filter(isTask).length);
    return `${body.data.total} tasks`;
  });
  await check("it deletes a task's directory and counts it right", () => deleteSample(server, bed.base));
  await check("it ends at SIGTERM with exit code 0", async () => {
    assert.equal(await server.stop(), 0);
  });
}

function isTask(name: string): boolean {
  return !name.startsWith(".");
}

export async function checkTraces(check: Check, bed: SmokeBed, isPortable: boolean): Promise<void> {
  await check(
    "it writes nothing beside itself but training_data, pipekeep.db and what goes with that",
    () => {
      const expected = ["pipekeep", "pipekeep.db", "pipekeep.db.lock", "pipekeep.reserve", "training_data"];
      const found = names(bed.base).filter((name) => !/^pipekeep\.db-(wal|shm)$/.test(name));
      assert.deepEqual(found, expected);
      return Promise.resolve();
    },
  );
  await check("it writes nothing elsewhere but its cache", () => {
    assert.deepEqual(names(bed.current), []);
    assert.deepEqual(names(bed.tmp), []);
    assert.deepEqual(names(bed.home), isPortable ? [".cache"] : []);
    if (isPortable) assert.deepEqual(names(join(bed.home, ".cache")), ["pipekeep"]);
    return Promise.resolve();
  });
}

export async function checkSecondStart(check: Check, bed: SmokeBed): Promise<void> {
  await check("the second start is quick and knows what was deleted", async () => {
    await using server = await bed.serve(["--demo"]);
    await assertDeleted(server);
    assert.ok(server.readyMs < 5000, `${server.readyMs} ms`);
    assert.equal(await server.stop(), 0);
    return `${server.readyMs.toFixed(0)} ms to ready`;
  });
}

export async function checkWords(check: Check, bed: SmokeBed): Promise<void> {
  await check("version prints the version", async () => {
    const { code, stdout, ms } = await bed.run(["version"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^pipekeep ${metadata.version.replaceAll(".", "\\.")} `));
    return `${ms.toFixed(0)} ms`;
  });
  for (const args of [["--no-such-flag"], ["--port", "eighty"], ["no-such-command"]]) {
    await check(`${args.join(" ")} is wrong use`, async () => {
      const { code, stdout, stderr } = await bed.run(args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^pipekeep: .+\n$/);
    });
  }
}
