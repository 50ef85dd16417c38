/**
 * The only module that touches task directories: id → safe path, measure, move, purge. (volume.ts opens the root;
 * tree_walk.ts runs in the Workers.)
 *
 * Every path is `<real root>/<task id>` or `<real root>/.pipekeep-trash/<deletion id>`, made here from a checked word.
 * Nothing here follows a link out of the root, overwrites anything, or removes anything that is not in the trash.
 *
 * @module
 */
import { PipekeepError } from "../../domain/errors.ts";
import { assertTaskId, isTaskId } from "../../domain/task_id.ts";
import { type EntryKind, kindOf, lastChangeIn, renameFailure, withSpace } from "./entry.ts";
import { freeBytesOf } from "./free_space.ts";
import { isReceipt, Receipts } from "./receipts.ts";
import { settleTogether, type TreeMeasure } from "./tree_measure.ts";
import type { TreeOutcome, TreePool } from "./tree_pool.ts";
import type { WalkContext } from "./tree_walk.ts";
import { Trees } from "./trees.ts";
import { strangerIn, TRASH, type Volume, VOLUME_PREFIX } from "./volume.ts";

const DELETION_ID = /^[0-9a-z]+(-[0-9a-z]+)*$/;

/** Null: gone, and seen to be gone. */
export type PurgeFailure = { permissionDenied: boolean; message: string } | null;

export type { EntryKind } from "./entry.ts";

export interface TrainingDataDependencies {
  /** The open root; see volume.ts. */
  volume: Volume;
  pool: TreePool;
  /** Frees space that was kept for a full disk; returns whether there was any. */
  makeSpace: () => boolean;
}

export class TrainingData {
  readonly receipts: Receipts;
  /** Directories that were just made, and whose records are still to come: nobody else's business until then. */
  readonly unregistered = new Set<string>();
  /** Which rows are of this directory: those of its volume. */
  readonly volumeId: string;
  readonly #root: string;
  readonly #trash: string;
  readonly #trees: Trees;
  readonly #volume: Volume;
  readonly #makeSpace: () => boolean;

  constructor(dependencies: TrainingDataDependencies) {
    const { volume, pool, makeSpace } = dependencies;
    this.#root = volume.root;
    this.#trash = `${volume.root}/${TRASH}`;
    this.#volume = volume;
    this.volumeId = volume.id;
    this.#trees = new Trees(pool);
    this.#makeSpace = makeSpace;
    this.receipts = new Receipts({
      trash: this.#trash,
      assertTrash: () => this.#assertTrash(),
      makeSpace,
    });
  }

  /** Whether path, root and trash still lead to the directories that were opened; a mount may have come or gone over them. */
  isInPlace(): boolean {
    const { path, device, inode } = this.#volume;
    const isRoot = (info: Deno.FileInfo) => info.isDirectory && info.dev === device && info.ino === inode;
    try {
      return isRoot(Deno.lstatSync(this.#root)) && isRoot(Deno.statSync(path)) &&
        this.#isTrashOurs();
    } catch {
      return false;
    }
  }

  /** What stands at the task's place, looked at without following a link. */
  inspect(taskId: string): EntryKind {
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

  /**
   * Tells which entries of training_data itself appear, vanish or change (read `paths` by {@linkcode nameOf}), until closed.
   *
   * @throws where the system has no watches, or no more of them
   */
  watch(): Deno.FsWatcher {
    return Deno.watchFs(this.#root, { recursive: false });
  }

  /** The task id that a path of {@linkcode watch} speaks of, or undefined. */
  nameOf(path: string): string | undefined {
    const name = path.startsWith(`${this.#root}/`) ? path.slice(this.#root.length + 1) : "";
    return isTaskId(name) ? name : undefined;
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

  /** Of the task's directory; see {@linkcode lastChangeIn}. */
  lastChange(taskId: string, since: number): { directory: number; newest: number } {
    return lastChangeIn(this.#place(taskId), since);
  }

  /**
   * Renames what stands at the task's place into the trash: atomic, follows no link. Between the last look at the place and
   * the rename it may have got another tenant: what was moved is what counts. Call {@linkcode sync} before relying on it.
   *
   * @throws {PipekeepError} path_forbidden (a mount), permission_denied, task_not_found; nothing was moved then
   */
  moveToTrash(taskId: string, deletionId: string): void {
    const entry = this.#entry(deletionId);
    if (kindOf(entry) !== "absent") {
      throw new PipekeepError("storage_failed", `the trash holds ${deletionId} already`);
    }
    try {
      // The trash itself may have to grow by a block.
      withSpace(this.#makeSpace, () => Deno.renameSync(this.#place(taskId), entry));
    } catch (error) {
      throw renameFailure(error, taskId);
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
    this.#assertTrash();
    for (const path of [this.#trash, this.#root]) {
      using directory = await Deno.open(path, { read: true });
      await directory.sync();
    }
  }

  isInTrash(deletionId: string): boolean {
    return kindOf(this.#entry(deletionId)) !== "absent";
  }

  /** Names in the trash, except this program's own marker and its receipts. */
  trashEntries(): string[] {
    this.#assertTrash();
    return [...Deno.readDirSync(this.#trash)].map((entry) => entry.name)
      .filter((name) => !name.startsWith(VOLUME_PREFIX) && !isReceipt(name));
  }

  /** Gives a trash entry another name. */
  renameInTrash(deletionId: string, newId: string): void {
    Deno.renameSync(this.#entry(deletionId), this.#entry(newId));
  }

  /** Measures trash entries, as what is removed together. One outcome each, in order. */
  async measureTrash(deletionIds: readonly string[]): Promise<TreeOutcome<TreeMeasure>[]> {
    this.#assertTrash();
    const outcomes = await this.#trees.measure(deletionIds.map((id) => this.#entryName(id)), this.#inTrash());
    settleTogether(outcomes.flatMap((outcome) => outcome.error === undefined ? [outcome.value] : []));
    return outcomes;
  }

  /** Measures task directories in place, changing nothing. One outcome each, in order. */
  measureInPlace(taskIds: readonly string[]): Promise<TreeOutcome<TreeMeasure>[]> {
    for (const taskId of taskIds) assertTaskId(taskId);
    return this.#trees.measure(taskIds, this.#inPlace());
  }

  /**
   * Removes trash entries for good, and looks that they are gone. Never throws for an entry.
   *
   * @throws {PoolClosed} when the program stops
   */
  async purge(deletionIds: readonly string[]): Promise<PurgeFailure[]> {
    const stranger = this.#strangerInTrash();
    if (stranger !== undefined) {
      return deletionIds.map(() => ({ permissionDenied: true, message: `${TRASH} ${stranger}` }));
    }
    const names = deletionIds.map((id) => this.#entryName(id));
    const outcomes = await this.#trees.remove(names, this.#inTrash());
    return outcomes.map((outcome, i): PurgeFailure => {
      if (outcome.error !== undefined) {
        const { name, message } = outcome.error;
        const permissionDenied = name === "PermissionDenied";
        return { permissionDenied, message: message.replaceAll(this.#trash, TRASH) };
      }
      try {
        return kindOf(`${this.#trash}/${names[i]}`) === "absent"
          ? null
          : { permissionDenied: false, message: "it is still there" };
      } catch (error) {
        return { permissionDenied: false, message: (error as Error).message.replaceAll(this.#trash, TRASH) };
      }
    });
  }

  /** Free bytes of the file system; null where the permission or the system does not tell. */
  freeBytes(): number | null {
    return freeBytesOf(this.#root);
  }

  /** Lets go of the lock. */
  close(): void {
    this.#volume.lock.unlockSync();
    this.#volume.lock.close();
  }

  #inTrash(): WalkContext {
    return { ...this.#inPlace(), base: this.#trash, inode: this.#volume.trash_inode, inTrash: true };
  }

  #inPlace(): WalkContext {
    const { uid, overrides, device, inode } = this.#volume;
    return { base: this.#root, inode, dev: device, uid, overrides, inTrash: false };
  }

  #isTrashOurs(): boolean {
    const info = Deno.lstatSync(this.#trash);
    const { device, trash_inode, uid } = this.#volume;
    return info.ino === trash_inode && strangerIn(info, device, uid) === undefined;
  }

  /** Why the trash may not be worked in now, or undefined. */
  #strangerInTrash(): string | undefined {
    try {
      return this.#isTrashOurs() ? undefined : "is not the directory it was at the start";
    } catch (error) {
      return (error as Error).message.replaceAll(this.#trash, TRASH);
    }
  }

  /** @throws {PipekeepError} training_data_unavailable */
  #assertTrash(): void {
    const stranger = this.#strangerInTrash();
    if (stranger !== undefined) {
      throw new PipekeepError("training_data_unavailable", `${TRASH} ${stranger}`);
    }
  }

  #place(taskId: string): string {
    assertTaskId(taskId);
    return `${this.#root}/${taskId}`;
  }

  /** @throws {PipekeepError} training_data_unavailable, when the trash is not this program's any more */
  #entry(deletionId: string): string {
    this.#assertTrash();
    return `${this.#trash}/${this.#entryName(deletionId)}`;
  }

  #entryName(deletionId: string): string {
    if (!DELETION_ID.test(deletionId)) throw new Error(`not a deletion id: ${JSON.stringify(deletionId)}`);
    return deletionId;
  }
}
