/**
 * The walk by the runtime's calls and paths, where libc is not to be had. Names that are not UTF-8 and paths over the
 * system's limit cannot be looked at this way: such files are counted as unmeasured, and such directories are obstacles.
 * Whole trees only are removed: a path into one could be led elsewhere by whoever still works in it, while the runtime's
 * recursive removal follows no link.
 *
 * @module
 */
import { type BytePath, bytePathOf, textOf } from "./byte_path.ts";
import { emptyMeasure, SharedTally, type TreeMeasure } from "./tree_measure.ts";
import {
  BELOW_MAX,
  type Listing,
  PERSIST_MS,
  type Portion,
  type TreeWalk,
  type WalkContext,
  WalkError,
} from "./tree_walk.ts";

/** A name that nobody can have made beforehand. */
const NOWHERE = `/.pipekeep-${crypto.randomUUID()}`;

export class RuntimeWalk implements TreeWalk {
  readonly #context: WalkContext;

  /** @throws {WalkError} ESTALE, when another directory stands at the base by now */
  constructor(context: WalkContext) {
    this.#context = context;
    const { ino, dev, isDirectory } = Deno.lstatSync(context.base);
    if (isDirectory && dev === context.dev && (context.inode ?? ino) === ino) return;
    throw new WalkError("the directory is not the one it was at the start", "ESTALE");
  }

  [Symbol.dispose](): void {}

  list(path: BytePath): Listing {
    const listing: Listing = { below: [], files: 0 };
    const directory = this.#pathOf(path);
    if (!Deno.lstatSync(directory).isDirectory) return listing;
    for (const { isDirectory, isSymlink, name } of Deno.readDirSync(directory)) {
      if (!isDirectory || isSymlink || isUnnameable(name)) {
        listing.files++;
        continue;
      }
      if (listing.below.length === BELOW_MAX) throw new WalkError(`list ${textOf(path)}`, "E2BIG");
      listing.below.push(`${path}/${bytePathOf(name)}`);
    }
    return listing;
  }

  measure({ path, scope, slice }: Portion): TreeMeasure {
    const measure = emptyMeasure();
    // A directory is measured as a whole here; so the first slice is all of it.
    if (slice !== undefined && slice.index > 0) return measure;
    const tally = new SharedTally();
    const isTop = !path.includes("/");
    const pending = measureDirectory(this.#pathOf(path), this.#context, measure, tally, isTop);
    if (scope === "tree") {
      for (let next = pending.pop(); next !== undefined && measure.obstacle === null; next = pending.pop()) {
        for (const below of measureDirectory(next, this.#context, measure, tally, false)) pending.push(below);
      }
    }
    measure.shared = tally.rows();
    return measure;
  }

  remove({ path, scope }: Portion): void {
    if (scope !== "tree" || path.includes("/")) throw new WalkError("remove a part of a tree", "EINVAL");
    removeTree(this.#pathOf(path));
  }

  #pathOf(path: BytePath): string {
    return `${this.#context.base}/${textOf(path)}`;
  }
}

/**
 * Measures one directory without its subdirectories: adds to `measure`, returns the subdirectories' paths. A directory
 * that cannot be examined is an obstacle: it may hold a mount, and what is mounted there must not be emptied.
 *
 * `isTop`: in the trash it was just renamed itself, which a mount point cannot be.
 */
function measureDirectory(
  path: string,
  context: WalkContext,
  measure: TreeMeasure,
  tally: SharedTally,
  isTop: boolean,
): string[] {
  const subdirectories: string[] = [];
  let foreign = false;
  let empty = true;
  try {
    const info = Deno.lstatSync(path);
    measure.directories++;
    measure.allocated += blocksOf(info);
    measure.freed += blocksOf(info);
    if (
      !info.isDirectory || info.isSymlink || info.dev !== context.dev ||
      (!(isTop && context.inTrash) && isMountPoint(path))
    ) {
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
      if ((file.nlink ?? 1) > 1 && file.ino !== null) tally.note(file.ino, file.nlink!, blocksOf(file));
      else {
        measure.allocated += blocksOf(file);
        measure.freed += blocksOf(file);
      }
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

/**
 * Removes a tree. One that is gone already is fine; one in which a process goes on writing is removed again, for a while:
 * once its directory is gone, it can make nothing more in it.
 */
function removeTree(root: string): void {
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
  if (!context.inTrash) return true;
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

function blocksOf(info: Deno.FileInfo): number {
  return (info.blocks ?? 0) * 512;
}
