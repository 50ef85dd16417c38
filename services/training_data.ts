/**
 * The only module that touches the file system: id → safe path, measure, move, purge.
 *
 * Every path is `<real root>/<task id>` or `<real root>/.pipekeep-trash/<deletion id>`, made here from a checked word.
 * Nothing here follows a link out of the root, overwrites anything, or removes anything that is not in the trash.
 *
 * @module
 */
import { PipekeepError } from "./errors.ts";
import { assertTaskId, isTaskId } from "./task_id.ts";
import type { TreeOutcome, TreePool } from "./tree_pool.ts";
import { addMeasure, emptyMeasure, type Ground, type TreeMeasure } from "./tree_walk.ts";

export const TRASH = ".pipekeep-trash";
const VOLUME_PREFIX = ".volume-";
const DELETION_ID = /^[0-9a-z]+(-[0-9a-z]+)*$/;
/** Fewer trees than this many per Worker are split, so that all Workers have something to do. */
const TREES_PER_WORKER = 4;

/** What stands at a task's place. `forbidden`: a link, a file, anything but a real directory. */
export type Standing = "directory" | "absent" | "forbidden";

/** A measured tree, and the subtrees it may be removed by, in parallel. */
export interface Survey {
  measure: TreeMeasure;
  subtrees: string[];
}

/** Null: gone, and seen to be gone. */
export type PurgeFailure = { permissionDenied: boolean; message: string } | null;

export class TrainingData {
  readonly #root: string;
  readonly #trash: string;
  readonly #pool: TreePool;
  readonly #identity: { dev: number; ino: number | null };
  readonly #uid: number;
  readonly #lock: Deno.FsFile;
  /** Names this file system across restarts, where its device number may change. */
  readonly volume: string;

  private constructor(
    root: string,
    pool: TreePool,
    identity: { dev: number; ino: number | null },
    own: { uid: number; volume: string; lock: Deno.FsFile },
  ) {
    this.#root = root;
    this.#trash = `${root}/${TRASH}`;
    this.#pool = pool;
    this.#identity = identity;
    this.#uid = own.uid;
    this.#lock = own.lock;
    this.volume = own.volume;
  }

  /**
   * Opens the directory at `path`, which must exist, makes its trash, and takes the lock that keeps a second program
   * from working on it.
   *
   * @throws {PipekeepError} storage_failed, when it is no directory, cannot be written, or another program has it
   */
  static open(path: string, pool: TreePool): TrainingData {
    try {
      const root = Deno.realPathSync(path);
      const info = Deno.lstatSync(root);
      if (!info.isDirectory) throw unusable("it is not a directory");
      const trash = `${root}/${TRASH}`;
      if (kindOf(trash) === "absent") Deno.mkdirSync(trash, { mode: 0o700 });
      const trashInfo = Deno.lstatSync(trash);
      if (!trashInfo.isDirectory || trashInfo.dev !== info.dev) {
        throw unusable(`its ${TRASH} is not a directory on the same file system`);
      }
      const lock = Deno.openSync(trash, { read: true });
      if (!lock.tryLockSync(true)) {
        lock.close();
        throw unusable("another pipekeep is working on it");
      }
      const identity = { dev: info.dev, ino: info.ino };
      return new TrainingData(root, pool, identity, { uid: ownUid(trash), volume: volumeOf(trash), lock });
    } catch (error) {
      if (error instanceof PipekeepError) throw error;
      throw unusable((error as Error).message, error);
    }
  }

  /** Makes the directory at `path`, where there is none. */
  static create(path: string): void {
    Deno.mkdirSync(path, { recursive: true });
  }

  /** What stands at `path`: whether training_data is there, and whether any task directory is in it. */
  static peek(path: string): "missing" | "empty" | "filled" {
    try {
      for (const entry of Deno.readDirSync(path)) if (isTaskId(entry.name)) return "filled";
      return "empty";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "missing";
      throw unusable((error as Error).message, error);
    }
  }

  /** The device number of the file system, as of this start. */
  get device(): number {
    return this.#identity.dev;
  }

  /** Whether the root is still the directory that was opened; a mount may have come or gone over it. */
  isInPlace(): boolean {
    try {
      const info = Deno.lstatSync(this.#root);
      return info.isDirectory && info.dev === this.#identity.dev && info.ino === this.#identity.ino;
    } catch {
      return false;
    }
  }

  /** What stands at the task's place, looked at without following a link. */
  inspect(taskId: string): Standing {
    return kindOf(this.#place(taskId));
  }

  /** @throws {PipekeepError} task_exists, when anything stands there */
  createDirectory(taskId: string): void {
    try {
      Deno.mkdirSync(this.#place(taskId));
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      throw new PipekeepError("task_exists", `something stands at training_data/${taskId} already`, {
        task_id: taskId,
      });
    }
  }

  /** Takes back {@linkcode createDirectory}: removes the directory if it is still empty. */
  removeEmptyDirectory(taskId: string): void {
    Deno.removeSync(this.#place(taskId));
  }

  /** Writes the files of a sample run (name → text, `/` makes a folder) into its directory. */
  writeSample(taskId: string, files: ReadonlyMap<string, string>): void {
    const place = this.#place(taskId);
    for (const [name, text] of files) {
      const folder = name.slice(0, Math.max(0, name.lastIndexOf("/")));
      if (folder !== "") Deno.mkdirSync(`${place}/${folder}`, { recursive: true });
      Deno.writeTextFileSync(`${place}/${name}`, text);
    }
  }

  /** Names in training_data that are task ids and real directories. */
  *taskDirectories(): Generator<string> {
    for (const entry of Deno.readDirSync(this.#root)) {
      if (entry.isDirectory && !entry.isSymlink && isTaskId(entry.name)) yield entry.name;
    }
  }

  /**
   * When the directory or anything in its top level last changed, in epoch milliseconds; stops looking at the first
   * that is later than `since`.
   */
  lastChange(taskId: string, since: number): { directory: number; newest: number } {
    const place = this.#place(taskId);
    const directory = modified(Deno.lstatSync(place));
    let newest = directory;
    if (newest > since) return { directory, newest };
    for (const entry of Deno.readDirSync(place)) {
      try {
        newest = Math.max(newest, modified(Deno.lstatSync(`${place}/${entry.name}`)));
      } catch { /* gone meanwhile, or a name that cannot be read: the directory's own time stands for it */ }
      if (newest > since) break;
    }
    return { directory, newest };
  }

  /**
   * Takes the directory out of sight: renames it into the trash. Constant time, atomic, follows no link. Call
   * {@linkcode sync} before relying on it.
   *
   * @throws {PipekeepError} path_forbidden (a mount, a link that slipped in), permission_denied
   */
  moveToTrash(taskId: string, deletionId: string): void {
    const entry = this.#entry(deletionId);
    if (kindOf(entry) !== "absent") {
      throw new PipekeepError("storage_failed", `the trash holds ${deletionId} already`);
    }
    try {
      Deno.renameSync(this.#place(taskId), entry);
    } catch (error) {
      throw renameFailure(error, taskId);
    }
    // Between the look and the rename the place may have got another tenant: what was moved is what counts.
    if (kindOf(entry) !== "directory") {
      Deno.renameSync(entry, this.#place(taskId));
      throw forbidden(taskId);
    }
  }

  /**
   * Puts a directory back from the trash. Never over anything.
   *
   * @throws {PipekeepError} storage_failed, when something stands at its place by now
   */
  restore(deletionId: string, taskId: string): void {
    const place = this.#place(taskId);
    if (kindOf(place) !== "absent") {
      throw new PipekeepError("storage_failed", `something stands at training_data/${taskId} by now`);
    }
    Deno.renameSync(this.#entry(deletionId), place);
  }

  /** Makes renames durable: both parents are on the disk when this resolves. */
  async sync(): Promise<void> {
    for (const path of [this.#trash, this.#root]) {
      using directory = await Deno.open(path, { read: true });
      await directory.sync();
    }
  }

  isInTrash(deletionId: string): boolean {
    return kindOf(this.#entry(deletionId)) === "directory";
  }

  /** Names in the trash, except this program's own marker. */
  trashEntries(): string[] {
    return [...Deno.readDirSync(this.#trash)].map((entry) => entry.name)
      .filter((name) => !name.startsWith(VOLUME_PREFIX));
  }

  /** Measures trash entries. One outcome each, in order. */
  measureTrash(deletionIds: readonly string[]): Promise<TreeOutcome<Survey>[]> {
    return this.#measure(deletionIds.map((id) => this.#entry(id)), true);
  }

  /** Measures task directories in place, changing nothing. One outcome each, in order. */
  measureInPlace(taskIds: readonly string[]): Promise<TreeOutcome<Survey>[]> {
    return this.#measure(taskIds.map((id) => this.#place(id)), false);
  }

  /** Removes trash entries for good, and looks that they are gone. `subtrees` are theirs from the survey. */
  async purge(deletionIds: readonly string[], subtrees: readonly string[] = []): Promise<PurgeFailure[]> {
    const ground = this.#ground(true);
    const entries = deletionIds.map((id) => this.#entry(id));
    if (subtrees.some((path) => !path.startsWith(`${this.#trash}/`))) {
      throw new Error("a subtree outside the trash");
    }
    // What a subtree refuses, its entry refuses again, and says so.
    await this.#pool.run("remove", subtrees, ground, true);
    const outcomes = await this.#pool.run("remove", entries, ground, true);
    return outcomes.map((outcome, i): PurgeFailure => {
      if (outcome.error === undefined) {
        return kindOf(entries[i]!) === "absent"
          ? null
          : { permissionDenied: false, message: "it is still there" };
      }
      const { name, message } = outcome.error;
      return {
        permissionDenied: name === "PermissionDenied",
        message: message.replaceAll(this.#trash, TRASH),
      };
    });
  }

  /** Lets go of the lock. */
  close(): void {
    this.#lock.close();
  }

  async #measure(roots: readonly string[], inTrash: boolean): Promise<TreeOutcome<Survey>[]> {
    const ground = this.#ground(inTrash);
    if (roots.length >= this.#pool.size * TREES_PER_WORKER) {
      const outcomes = await this.#pool.run("measure", roots, ground, true);
      return outcomes.map((o) => o.error ? o : { value: { measure: o.value, subtrees: [] } });
    }
    return Promise.all(roots.map((root) => this.#measureOne(root, ground)));
  }

  /** Splits one tree into enough subtrees for all Workers, and adds up what they find. */
  async #measureOne(root: string, ground: Ground): Promise<TreeOutcome<Survey>> {
    const measure = emptyMeasure();
    let level = [root];
    for (let depth = 0; depth < 3 && level.length > 0; depth++) {
      if (level.length >= this.#pool.size * TREES_PER_WORKER) break;
      const below: string[] = [];
      for (const outcome of await this.#pool.run("expand", level, ground, depth === 0)) {
        if (outcome.error) return outcome;
        addMeasure(measure, outcome.value.measure);
        below.push(...outcome.value.subdirectories);
      }
      level = below;
    }
    for (const outcome of await this.#pool.run("measure", level, ground, false)) {
      if (outcome.error) return outcome;
      addMeasure(measure, outcome.value);
    }
    return { value: { measure, subtrees: level } };
  }

  #ground(mayProbe: boolean): Ground {
    return { uid: this.#uid, dev: this.#identity.dev, mayProbe };
  }

  #place(taskId: string): string {
    assertTaskId(taskId);
    return `${this.#root}/${taskId}`;
  }

  #entry(deletionId: string): string {
    if (!DELETION_ID.test(deletionId)) throw new Error(`not a deletion id: ${JSON.stringify(deletionId)}`);
    return `${this.#trash}/${deletionId}`;
  }
}

function kindOf(path: string): Standing {
  try {
    const info = Deno.lstatSync(path);
    return info.isDirectory && !info.isSymlink ? "directory" : "forbidden";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "absent";
    throw error;
  }
}

function modified(info: Deno.FileInfo): number {
  return info.mtime?.getTime() ?? 0;
}

/** Which user this process is to the file system: the owner of what it makes (root may be squashed on NFS). */
function ownUid(trash: string): number {
  const probe = `${trash}/${VOLUME_PREFIX}${crypto.randomUUID()}.tmp`;
  Deno.mkdirSync(probe);
  const { uid } = Deno.lstatSync(probe);
  Deno.removeSync(probe);
  return uid ?? 0;
}

function volumeOf(trash: string): string {
  for (const entry of Deno.readDirSync(trash)) {
    if (entry.isDirectory && entry.name.startsWith(VOLUME_PREFIX) && !entry.name.endsWith(".tmp")) {
      return entry.name.slice(VOLUME_PREFIX.length);
    }
  }
  const volume = crypto.randomUUID();
  Deno.mkdirSync(`${trash}/${VOLUME_PREFIX}${volume}`);
  return volume;
}

function renameFailure(error: unknown, taskId: string): unknown {
  const code = (error as { code?: string }).code ?? "";
  if (["EXDEV", "EBUSY", "ENOTDIR"].includes(code)) return forbidden(taskId, error);
  if (["EACCES", "EPERM", "EROFS"].includes(code)) {
    return new PipekeepError(
      "permission_denied",
      `not permitted to move training_data/${taskId}`,
      { task_id: taskId },
      error,
    );
  }
  if (code === "ENOENT") {
    return new PipekeepError("task_not_found", `training_data/${taskId} is gone`, { task_id: taskId });
  }
  return error;
}

function forbidden(taskId: string, cause?: unknown): PipekeepError {
  return new PipekeepError(
    "path_forbidden",
    `training_data/${taskId} is not a real directory of training_data`,
    { task_id: taskId },
    cause,
  );
}

function unusable(why: string, cause?: unknown): PipekeepError {
  return new PipekeepError("storage_failed", `training_data is unusable: ${why}`, {}, cause);
}
