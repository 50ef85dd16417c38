/** The trees that are deleted, and the three who delete them. */
import { output, TASKS } from "./_harness.ts";

const FILE_BYTES = 1024;

/** So many tasks, each with so many folders, each with so many files of 1 kB; no folders: the files lie flat. */
export interface Shape {
  title: string;
  tasks: number;
  folders: number;
  files: number;
  /** Takes long: three rounds of five, and without the Python. */
  isLong?: boolean;
}

export const SHAPES: Record<string, Shape> = {
  dirs: { title: "50,000 files in 200 directories of one task", tasks: 1, folders: 200, files: 250 },
  tasks: {
    title: "1,000 tasks of 15 files each, one batch request",
    tasks: 1000,
    folders: 0,
    files: 15,
  },
  flat: {
    title: "300,000 files in one directory of one task",
    tasks: 1,
    folders: 0,
    files: 300_000,
    isLong: true,
  },
};

export function filesIn(shape: Shape): number {
  return shape.tasks * Math.max(1, shape.folders) * shape.files;
}

/** The ids of a shape's tasks in one round. */
export function idsOf(shape: Shape, round: number): string[] {
  return Array.from({ length: shape.tasks }, (_, i) => `task_r${round}_${i}`);
}

/**
 * Folders to write trees in, far from each other on the disk. Without a journal, ext4 leaves inodes alone that were freed
 * in the last minutes, but looks at each of them before it takes another: writing a tree where one was just deleted
 * takes twenty times as long. Elsewhere these are plain folders.
 */
export class Meadow {
  readonly #path: string;
  static readonly #grazed: number[] = [];
  #count = 0;

  constructor(path: string) {
    this.#path = path;
    Deno.mkdirSync(path);
    // Told so, ext4 spreads the folder's subdirectories by the hash of their names.
    new Deno.Command("chattr", { args: ["+T", path], stdout: "null", stderr: "null" }).outputSync();
  }

  /** A new folder, empty. */
  fold(): string {
    for (let attempt = 0;; attempt++) {
      const path = `${this.#path}/${this.#count++}`;
      Deno.mkdirSync(path);
      const place = (Deno.lstatSync(path).ino ?? 0) / INODES_PER_PLACE;
      if (attempt < 20 && Meadow.#grazed.some((other) => Math.abs(other - place) < 3)) continue;
      Meadow.#grazed.push(place);
      return path;
    }
  }
}

/** Of ext4 as it is made by default: sixteen groups of 8,192 inodes are filled as one. */
const INODES_PER_PLACE = 16 * 8192;

/** Writes a shape's directories below `parent`. */
export function writeTrees(parent: string, ids: readonly string[], shape: Shape): void {
  const content = new Uint8Array(FILE_BYTES).fill(0x61);
  for (const id of ids) {
    const task = `${parent}/${id}`;
    Deno.mkdirSync(task);
    for (let i = 0; i < Math.max(1, shape.folders); i++) {
      const folder = shape.folders === 0 ? task : `${task}/folder_${i}`;
      if (folder !== task) Deno.mkdirSync(folder);
      for (let n = 0; n < shape.files; n++) Deno.writeFileSync(`${folder}/file_${n}.json`, content);
    }
  }
}

/** Registers the tasks at the server, and puts the directories below `written` in the place of those it made. */
export async function register(
  server: { url: string; trainingData: string },
  ids: readonly string[],
  written: string,
): Promise<void> {
  for (const task_id of ids) {
    const response = await send(server.url + TASKS, "POST", { task_id, task_name: "任务", db_name: "shop" });
    if (response.status !== 201) throw new Error(`${task_id} was not registered: ${response.text}`);
    Deno.removeSync(`${server.trainingData}/${task_id}`);
    Deno.renameSync(`${written}/${task_id}`, `${server.trainingData}/${task_id}`);
  }
}

/** Deletes over HTTP and checks the answer to the byte. Returns the whole request's time in ms. */
export async function deleteOverHttp(url: string, ids: readonly string[], shape: Shape): Promise<number> {
  const single = ids.length === 1;
  const path = single ? `${TASKS}/${ids[0]}` : TASKS;
  const body = single ? { confirm: true } : { confirm: true, task_ids: ids };
  const started = performance.now();
  const { status, text } = await send(url + path, "DELETE", body);
  const took = performance.now() - started;
  if (status !== 200) throw new Error(`the deletion answered ${status}: ${text}`);
  const { data } = JSON.parse(text);
  const deleted: { deleted_files_count: number; deleted_size_bytes: number }[] = single
    ? [data]
    : data.deleted_tasks;
  const files = deleted.reduce((sum, task) => sum + task.deleted_files_count, 0);
  const bytes = deleted.reduce((sum, task) => sum + task.deleted_size_bytes, 0);
  assertExact(files, bytes, shape);
  if (deleted.length !== ids.length) throw new Error(`${deleted.length} of ${ids.length} tasks were deleted`);
  return took;
}

/** `rm -rf`, from spawn to end, in ms. It counts nothing. */
export async function deleteByRm(parent: string, ids: readonly string[]): Promise<number> {
  const started = performance.now();
  await output("rm", ["-rf", ...ids.map((id) => `${parent}/${id}`)]);
  return performance.now() - started;
}

/** The source documents' Python, its interpreter's start not counted, in ms. */
export async function deleteByPython(
  python: string,
  parent: string,
  ids: readonly string[],
  shape: Shape,
): Promise<number> {
  const script = new URL("reference_delete.py", import.meta.url).pathname;
  const answer = await output(python, [script], ids.map((id) => `${parent}/${id}\n`).join(""));
  const { seconds, files, bytes } = JSON.parse(answer);
  assertExact(files, bytes, shape);
  return seconds * 1000;
}

/** @throws {Error} when any of the directories is still there, or the trash holds anything */
export function assertGone(parent: string, ids: readonly string[]): void {
  const names = new Set([...Deno.readDirSync(parent)].map((entry) => entry.name));
  const left = ids.find((id) => names.has(id));
  if (left !== undefined) throw new Error(`${parent}/${left} is still there`);
  if (!names.has(".pipekeep-trash")) return;
  const trash = [...Deno.readDirSync(`${parent}/.pipekeep-trash`)].filter((entry) => entry.name[0] !== ".");
  if (trash.length > 0) throw new Error(`the trash holds ${trash.length} entries`);
}

function assertExact(files: number, bytes: number, shape: Shape): void {
  const expected = filesIn(shape);
  if (files !== expected || bytes !== expected * FILE_BYTES) {
    throw new Error(
      `${files} files, ${bytes} bytes were counted, not ${expected} and ${expected * FILE_BYTES}`,
    );
  }
}

async function send(url: string, method: string, body: unknown) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}
