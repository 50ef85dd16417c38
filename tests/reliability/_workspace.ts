/** A folder with tasks, a canary that nothing may touch, and what must hold once everything is settled. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Answer, call, exists, listTree, until, V0 } from "../_harness.ts";
import type { Running } from "../_process.ts";

const LONG_AGO = new Date("2025-01-01T00:00:00Z");

/** What a task's directory held. */
export interface Tree {
  listing: string[];
  files: number;
  bytes: number;
}

/** How a deletion of all tasks is asked for, and how the server that is asked runs. */
export interface Mode {
  name: string;
  tasks: number;
  options?: Record<string, unknown>;
  args?: string[];
  /** What is deleted waits in the trash, longer than any test. */
  keepsTrash?: boolean;
  /** Asked one by one by `DELETE /tasks/{task_id}`. */
  isSingle?: boolean;
  /** The tasks are taken for runs that go on. */
  isRunning?: boolean;
}

export const MODES: readonly Mode[] = [
  { name: "single", tasks: 1, isSingle: true },
  { name: "batch", tasks: 3 },
  { name: "with records", tasks: 3, options: { delete_database_records: true } },
  { name: "force", tasks: 2, options: { force: true }, isRunning: true },
  { name: "retention", tasks: 2, args: ["--trash-retention", "1h"], keepsTrash: true },
  { name: "job", tasks: 3, options: { async: true } },
];

export function modeOf(name: string): Mode {
  return MODES.find((mode) => mode.name === name)!;
}

/** One entry of the operation log, as `GET /deletions` shows it. */
export interface LogEntry {
  deletion_id: string;
  task_id: string;
  outcome: string;
  deleted_files_count: number | null;
  deleted_size_bytes: number | null;
}

export class Workspace implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "pipekeep_reliability_" });
  readonly trainingData = `${this.folder}/training_data`;
  readonly trash = `${this.trainingData}/.pipekeep-trash`;
  readonly canary = `${this.folder}/canary`;
  readonly trees = new Map<string, Tree>();
  readonly #canaryBefore: string;

  constructor() {
    Deno.mkdirSync(`${this.canary}/sub`, { recursive: true });
    Deno.writeTextFileSync(`${this.canary}/precious.txt`, "precious");
    Deno.writeTextFileSync(`${this.canary}/sub/precious.txt`, "precious too");
    this.#canaryBefore = this.#readCanary();
  }

  /** Makes a task's directory, with links to the canary in it. A start takes it for a run that has ended, or still runs. */
  makeTask(taskId: string, { files = 3, isRunning = false } = {}): Tree {
    const place = `${this.trainingData}/${taskId}`;
    Deno.mkdirSync(`${place}/ddl/deep`, { recursive: true });
    for (let i = 0; i < files; i++) {
      const folder = i % 2 === 0 ? place : `${place}/ddl/deep`;
      Deno.writeTextFileSync(`${folder}/${i}.txt`, "x".repeat(i + 1));
    }
    Deno.symlinkSync(this.canary, `${place}/ddl/link`);
    Deno.symlinkSync(`${this.canary}/precious.txt`, `${place}/ddl/link.txt`);
    if (!isRunning) {
      // What changed lately is taken for a run that goes on.
      const top = [...Deno.readDirSync(place)].map((entry) => `${place}/${entry.name}`);
      for (const path of [...top, place]) Deno.utimeSync(path, LONG_AGO, LONG_AGO);
    }
    const tree = measure(place);
    this.trees.set(taskId, tree);
    return tree;
  }

  /** Makes the directories that a mode deletes. Returns their ids. */
  makeTasks({ tasks, isRunning }: Mode): string[] {
    const ids = Array.from({ length: tasks }, (_, i) => `task_${i}`);
    for (const id of ids) this.makeTask(id, { isRunning });
    // So that training_data is never empty, which would be a matter for the brakes.
    Deno.mkdirSync(`${this.trainingData}/zz_other`, { recursive: true });
    Deno.utimeSync(`${this.trainingData}/zz_other`, LONG_AGO, LONG_AGO);
    return ids;
  }

  /** Nothing outside was touched. */
  assertCanary(): void {
    assert.equal(this.#readCanary(), this.#canaryBefore, "the canary");
  }

  /** A directory that is visible is whole. */
  assertWholeOrGone(taskId: string): void {
    const place = `${this.trainingData}/${taskId}`;
    if (exists(place)) {
      assert.deepEqual(listTree(place), this.trees.get(taskId)!.listing, `${taskId} is not whole`);
    }
  }

  /** Names in the trash, without the volume's marker. */
  trashNames(): string[] {
    if (!exists(this.trash)) return [];
    return [...Deno.readDirSync(this.trash)].map((entry) => entry.name).filter((name) =>
      !name.startsWith(".volume-")
    );
  }

  assertDatabase(): void {
    const database = new DatabaseSync(`${this.folder}/pipekeep.db`);
    try {
      assert.equal(database.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
    } finally {
      database.close();
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }

  #readCanary(): string {
    return [...listTree(this.canary), Deno.readTextFileSync(`${this.canary}/precious.txt`)].join("\n");
  }
}

/** Files (links among them, with their own size) and bytes below `place`. */
export function measure(place: string): Tree {
  const listing = listTree(place);
  let bytes = 0;
  let files = 0;
  for (const line of listing) {
    if (line.endsWith("/")) continue;
    files++;
    bytes += Deno.lstatSync(`${place}/${line.replace(/ -> .*$| \d+$/, "")}`).size;
  }
  return { listing, files, bytes };
}

/** Asks for the deletion of these tasks. One answer per request; rejects when the server dies meanwhile. */
export async function requestDeletion(
  url: string,
  mode: Mode,
  taskIds: readonly string[],
): Promise<Answer[]> {
  const body = { confirm: true, ...mode.options };
  if (mode.isSingle) {
    const answers = [];
    for (const id of taskIds) answers.push(await call(url, "DELETE", `${V0}/tasks/${id}`, body));
    return answers;
  }
  return [await call(url, "DELETE", `${V0}/tasks`, { task_ids: taskIds, ...body })];
}

/** The server is killed while it is asked; only for a job is there an answer before. Not in time: it was not killed. */
export async function assertDies(server: Running, asked: Promise<Answer[]>, mode: Mode): Promise<void> {
  const answers = await asked.catch(() => undefined);
  if (answers !== undefined && !mode.options?.async) assert.fail(`it lives: ${JSON.stringify(answers)}`);
  const status = await within(server.status, "the server dies");
  assert.equal(status.signal, "SIGKILL");
}

/** What `promise` resolves to, if it does within ten seconds. */
export async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not happen in time: ${what}`)), 10_000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export async function logOf(url: string, query = ""): Promise<LogEntry[]> {
  return (await call(url, "GET", `${V0}/deletions?limit=1000${query}`)).body.data.deletions;
}

/** What a row ends in; with retention, what waits in the trash has come as far as it may. */
function endings(mode: Mode): string[] {
  return mode.keepsTrash ? ["trashed", "released", "failed"] : ["purged", "released", "failed"];
}

/** Waits until no row of the log waits for anything, and all jobs have ended. */
export async function untilSettled(url: string, mode: Mode): Promise<void> {
  await until(async () => {
    const log = await logOf(url);
    return log.every((row) => endings(mode).includes(row.outcome));
  }, "every deletion ends");
  if (mode.options?.async !== true) return;
  await until(async () => {
    const { status, body } = await call(url, "GET", `${V0}/jobs/1`);
    return status === 404 || !["scheduled", "running"].includes(body.data.status);
  }, "the job ends");
}

/** Records, disk and log agree on each task; each byte was counted once; nothing is left in the trash. */
export async function assertSettled(url: string, workspace: Workspace, mode: Mode): Promise<void> {
  const { trees, trainingData } = workspace;
  workspace.assertCanary();
  const log = await logOf(url);
  const inTrash: string[] = [];
  for (const [taskId, tree] of trees) {
    workspace.assertWholeOrGone(taskId);
    const isThere = exists(`${trainingData}/${taskId}`);
    const { status, body } = await call(url, "GET", `${V0}/tasks/${taskId}`);
    if (!isThere && mode.options?.delete_database_records) assert.equal(status, 404, `record of ${taskId}`);
    else assert.equal(body.data?.directory_exists, isThere, `record of ${taskId}`);
    const counted = log.filter((row) =>
      row.task_id === taskId && ["purged", "trashed"].includes(row.outcome)
    );
    const sum = (of: (row: LogEntry) => number | null) => counted.reduce((n, row) => n + (of(row) ?? 0), 0);
    assert.deepEqual(
      [sum((row) => row.deleted_files_count), sum((row) => row.deleted_size_bytes)],
      isThere ? [0, 0] : [tree.files, tree.bytes],
      `${taskId} is counted once: ${JSON.stringify(counted)}`,
    );
    for (const row of counted.filter((row) => row.outcome === "trashed")) {
      assert.deepEqual(listTree(`${workspace.trash}/${row.deletion_id}`), tree.listing);
      inTrash.push(row.deletion_id);
    }
  }
  const left = workspace.trashNames().filter((name) => inTrash.length === 0 || !name.startsWith(".receipt-"));
  assert.deepEqual(left.sort(), inTrash.sort(), "the trash");
}
