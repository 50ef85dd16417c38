/**
 * What the tree Workers do to one tree: measure it, find out whether all of it can be removed, remove it. Synchronous
 * on purpose: it runs off the main thread, and the asynchronous walk costs four times as much (docs/decisions).
 *
 * Links are counted and unlinked, never followed.
 *
 * @module
 */

/** Where and as whom the Workers work. */
export interface WalkContext {
  /** This process's user as the file system sees it. */
  uid: number;
  /** Whether modes do not bind this process (root, unless it runs without that capability). */
  overrides: boolean;
  /** The file system of training_data. */
  dev: number;
  /** Whether a directory of another user may be tried out by making an entry in it: in the trash, never in place. */
  mayProbe: boolean;
}

/** Why a tree cannot be removed whole. */
export type Obstacle = "permission_denied" | "path_forbidden";

/** A name that nobody can have made beforehand. */
const NOWHERE = `/.pipekeep-${crypto.randomUUID()}`;

/** What stands in a tree. Directories include its root; links count as files, with their own size. */
export interface TreeMeasure {
  directories: number;
  files: number;
  /** Symbolic links; they count in `files` too. */
  links: number;
  bytes: number;
  /** Bytes of blocks, directories' own included, an inode counted once. */
  allocated: number;
  /** Bytes of blocks really freed: not those of inodes that keep a hard link outside the tree. */
  freed: number;
  /** Files whose size cannot be read (names that are not UTF-8, paths over the system's limit). */
  unmeasured: number;
  /** Null: all of it can be removed, as far as can be told without trying. */
  obstacle: Obstacle | null;
}

export function emptyMeasure(): TreeMeasure {
  return {
    directories: 0,
    files: 0,
    links: 0,
    bytes: 0,
    allocated: 0,
    freed: 0,
    unmeasured: 0,
    obstacle: null,
  };
}

/** Adds `part` to `whole`; the first obstacle stays. */
export function addMeasure(whole: TreeMeasure, part: TreeMeasure): void {
  whole.directories += part.directories;
  whole.files += part.files;
  whole.links += part.links;
  whole.bytes += part.bytes;
  whole.allocated += part.allocated;
  whole.freed += part.freed;
  whole.unmeasured += part.unmeasured;
  whole.obstacle ??= part.obstacle;
}

/**
 * Measures one directory without its subdirectories: adds to `measure`, returns the subdirectories' paths. A directory
 * that cannot be examined is an obstacle: it may hold a mount, and what is mounted there must not be emptied.
 *
 * `isTop` is true for a directory that was just renamed itself, which a mount point cannot be.
 */
export function measureDirectory(
  path: string,
  context: WalkContext,
  measure: TreeMeasure,
  isTop: boolean,
): string[] {
  const subdirectories: string[] = [];
  let foreign = false;
  let empty = true;
  try {
    const info = Deno.lstatSync(path);
    measure.directories++;
    measure.allocated += (info.blocks ?? 0) * 512;
    measure.freed += (info.blocks ?? 0) * 512;
    if (!info.isDirectory || info.isSymlink || info.dev !== context.dev || (!isTop && isMountPoint(path))) {
      measure.obstacle ??= "path_forbidden";
      return [];
    }
    const sticky = !context.overrides && info.uid !== context.uid && ((info.mode ?? 0) & 0o1000) !== 0;
    for (const entry of Deno.readDirSync(path)) {
      empty = false;
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory && !entry.isSymlink) {
        if (isUnnameable(entry.name)) measure.obstacle ??= "path_forbidden";
        else {
          subdirectories.push(child);
          foreign ||= sticky && ownerOf(child) !== context.uid;
        }
        continue;
      }
      measure.files++;
      if (entry.isSymlink) measure.links++;
      const file = isUnnameable(entry.name) ? undefined : lookAt(child);
      if (file === undefined) {
        measure.unmeasured++;
        continue;
      }
      measure.bytes += file.size;
      measure.allocated += (file.blocks ?? 0) * 512;
      measure.freed += (file.blocks ?? 0) * 512;
      foreign ||= file.uid !== context.uid;
      if (file.dev !== context.dev) measure.obstacle ??= "path_forbidden";
    }
    if (!empty && !mayRemoveFrom(path, info, context)) measure.obstacle ??= "permission_denied";
    if (sticky && foreign) measure.obstacle ??= "permission_denied";
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) measure.obstacle ??= "permission_denied";
    else if (isTooLong(error)) measure.obstacle ??= "path_forbidden";
    // Its name was exact, so it is gone by now. The top has to be there.
    else if (isTop || !(error instanceof Deno.errors.NotFound)) throw error;
  }
  return subdirectories;
}

/** Measures a whole tree. Stops at the first obstacle: what follows would not be removed anyway. */
export function measureTree(root: string, context: WalkContext, isTop: boolean): TreeMeasure {
  const measure = emptyMeasure();
  const pending = measureDirectory(root, context, measure, isTop);
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (measure.obstacle !== null) break;
    for (const subdirectory of measureDirectory(path, context, measure, false)) pending.push(subdirectory);
  }
  return measure;
}

/** How long a tree that is filled up again while it is removed is removed again, in milliseconds. */
const PERSIST_MS = 2000;

/**
 * Removes a tree. One that is gone already is fine; one in which a process goes on writing is removed again, for a while:
 * once its directory is gone, it can make nothing more in it.
 */
export function removeTree(root: string): void {
  const deadline = performance.now() + PERSIST_MS;
  for (;;) {
    try {
      Deno.removeSync(root, { recursive: true });
      return;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      const isRefilled = (error as { code?: string }).code === "ENOTEMPTY";
      if (!isRefilled || performance.now() > deadline) throw error;
    }
  }
}

/**
 * Whether `path` lies on another mount than its parent, also when both are of one file system (a bind mount): the
 * kernel refuses a rename between mounts with EXDEV before it looks for the name. Any other answer than that there is
 * no such name is thrown: nothing is known then.
 */
function isMountPoint(path: string): boolean {
  try {
    Deno.renameSync(path + NOWHERE, path + "/.." + NOWHERE);
  } catch (error) {
    if ((error as { code?: string }).code === "EXDEV") return true;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

/**
 * Whether this process may remove entries from the directory. The mode answers for one's own directories; for
 * another's (groups, access lists) only an attempt does, and an empty directory is left behind by neither outcome.
 */
function mayRemoveFrom(path: string, info: Deno.FileInfo, context: WalkContext): boolean {
  if (context.overrides) return true;
  const mode = info.mode ?? 0;
  if (info.uid === context.uid) return (mode & 0o300) === 0o300;
  if (!context.mayProbe) return true;
  const probe = `${path}/.pipekeep-${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(probe);
    Deno.removeSync(probe);
    return true;
  } catch {
    return false;
  }
}

function ownerOf(path: string): number | null {
  return lookAt(path)?.uid ?? null;
}

/** Undefined: it is gone by now, or its path is too long to be named. */
function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isTooLong(error)) return undefined;
    throw error;
  }
}

/**
 * Whether the name may stand for another: bytes that are no UTF-8 are read as U+FFFD, and looking that name up finds
 * nothing, or somebody else.
 */
function isUnnameable(name: string): boolean {
  return name.includes("\uFFFD");
}

function isTooLong(error: unknown): boolean {
  return (error as { code?: string }).code === "ENAMETOOLONG";
}
