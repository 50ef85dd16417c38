/** Opens the root of training_data: finds out what file system it is and who this process is to it, and locks it. */
import { PipekeepError } from "../../domain/errors.ts";
import { assertTaskId, isTaskId } from "../../domain/task_id.ts";
import { type EntryKind, isOutOfSpace, kindOf } from "./entry.ts";

export const TRASH = ".pipekeep-trash";
/** An empty directory in the trash that names the file system, whatever its device number is after a restart. */
export const VOLUME_PREFIX = ".volume-";

/** What a look at the place of training_data finds, before anything is made or changed there. */
export interface Sight {
  /** As it was given, absolute; a link in it may lead elsewhere by and by. */
  path: string;
  /** The real path: no link in it. */
  root: string;
  device: number;
  inode: number | null;
  /** The id that the marker gives; undefined: there is no marker yet. */
  id: string | undefined;
}

/** An open root. */
export interface Volume extends Sight {
  /** Of the trash: another directory in its place is not ours, whatever its name. */
  trash_inode: number | null;
  /** Names the file system across restarts. */
  id: string;
  /** This process's user as the file system sees it. */
  uid: number;
  /** Whether modes do not bind this process. */
  overrides: boolean;
  /** Held as long as this process works here. */
  lock: Deno.FsFile;
}

/**
 * Looks, and changes nothing. Undefined: there is nothing at `path`.
 *
 * @param knownIds ids that markers may give; they are looked for by name, as reading a directory may fail half way unnoticed
 * @throws {PipekeepError} storage_failed, when it cannot be looked at
 */
export function lookAtRoot(path: string, knownIds: readonly string[]): Sight | undefined {
  try {
    const root = Deno.realPathSync(path);
    const { dev, ino } = Deno.lstatSync(root);
    return { path, root, device: dev, inode: ino, id: findId(`${root}/${TRASH}`, knownIds) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw unusable((error as Error).message, error);
  }
}

/** Whether no task directory is in the root, as far as reading it says. */
export function isEmpty({ root }: Sight): boolean {
  for (const entry of Deno.readDirSync(root)) if (isTaskId(entry.name)) return false;
  return true;
}

/** What stands at a task's place, in a root that is not open yet. */
export function kindAt({ root }: Sight, taskId: string): EntryKind {
  assertTaskId(taskId);
  return kindOf(`${root}/${taskId}`);
}

/**
 * Opens the directory (makes it when missing), makes its trash, and takes the lock that keeps a second program from working
 * on it.
 *
 * @param knownIds see {@linkcode lookAtRoot}
 * @throws {PipekeepError} storage_failed, when it is no directory, cannot be written, or another program has it
 */
export function openVolume(path: string, knownIds: readonly string[] = []): Volume {
  try {
    Deno.mkdirSync(path, { recursive: true });
    const root = Deno.realPathSync(path);
    if (root === "/") throw unusable("it is the root of the file system");
    const { dev, ino } = Deno.lstatSync(root);
    const trash = `${root}/${TRASH}`;
    try {
      Deno.mkdirSync(trash, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    // Before anything is tried out in it.
    if (!Deno.lstatSync(trash).isDirectory) throw unusable(`its ${TRASH} is not a directory`);
    const who = identity(trash);
    const trashInfo = Deno.lstatSync(trash);
    const stranger = strangerIn(trashInfo, dev, who.uid);
    if (stranger !== undefined) throw unusable(`its ${TRASH} ${stranger}`);
    const lock = Deno.openSync(trash, { read: true });
    if (!lock.tryLockSync(true)) {
      lock.close();
      throw unusable("another pipekeep is working on it");
    }
    const id = findId(trash, knownIds) ?? makeId(trash);
    return { path, root, device: dev, inode: ino, trash_inode: trashInfo.ino, id, ...who, lock };
  } catch (error) {
    if (error instanceof PipekeepError) throw error;
    throw unusable((error as Error).message, error);
  }
}

/**
 * Why the trash is not to be trusted, or undefined when it is this program's own: whoever may write in it could exchange
 * what is about to be removed.
 */
export function strangerIn(trash: Deno.FileInfo, device: number, uid: number): string | undefined {
  if (!trash.isDirectory || trash.isSymlink) return "is not a directory";
  if (trash.dev !== device) return "is not on the same file system";
  if (trash.uid !== null && trash.uid !== uid) {
    return `belongs to user ${trash.uid}, while this program is user ${uid}`;
  }
  const mode = (trash.mode ?? 0) & 0o777;
  if ((mode & 0o077) !== 0) return `is open to others (mode 0${mode.toString(8)}); chmod 0700 it`;
  return undefined;
}

/**
 * Who this process is to the file system, by trying: the owner of what it makes (root may be squashed on NFS), and
 * whether it may write where the mode forbids it (root may lack that capability in a container). On a full disk a file is
 * tried in place of a directory: an empty one needs no space.
 */
function identity(trash: string): { uid: number; overrides: boolean } {
  const probe = `${trash}/${VOLUME_PREFIX}${crypto.randomUUID()}.tmp`;
  try {
    Deno.mkdirSync(probe);
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    Deno.createSync(probe).close();
  }
  const { uid, isDirectory } = Deno.lstatSync(probe);
  Deno.chmodSync(probe, 0o500);
  let overrides = true;
  try {
    Deno.openSync(isDirectory ? `${probe}/entry` : probe, { write: true, create: true }).close();
    if (isDirectory) Deno.removeSync(`${probe}/entry`);
  } catch {
    overrides = false;
  }
  Deno.removeSync(probe);
  return { uid: uid ?? 0, overrides };
}

function findId(trash: string, knownIds: readonly string[]): string | undefined {
  const known = knownIds.find((id) => kindOf(`${trash}/${VOLUME_PREFIX}${id}`) === "directory");
  if (known !== undefined || kindOf(trash) !== "directory") return known;
  for (const { isDirectory, name } of Deno.readDirSync(trash)) {
    if (isDirectory && name.startsWith(VOLUME_PREFIX) && !name.endsWith(".tmp")) {
      return name.slice(VOLUME_PREFIX.length);
    }
  }
  return undefined;
}

function makeId(trash: string): string {
  const id = crypto.randomUUID();
  Deno.mkdirSync(`${trash}/${VOLUME_PREFIX}${id}`);
  return id;
}

function unusable(why: string, cause?: unknown): PipekeepError {
  return new PipekeepError("storage_failed", `training_data is unusable: ${why}`, {}, cause);
}
