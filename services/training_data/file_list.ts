/**
 * Lists what stands in a task's directory, page by page, in the order of a walk: entries of a directory by name (as
 * JavaScript compares texts), what is below a directory in the directory's place. Runs in a Worker: a directory is read
 * as a whole, and looked at synchronously.
 *
 * Memory is that of the biggest directory's names while it is read, and of a few thousand entries afterwards. Time: a
 * page ends early, with fewer files or none and the word where to go on, when it has seen many entries. Each page reads
 * the directories it begins in again.
 *
 * @module
 */
import { isExact, type LinkFreeRoot } from "./link_free.ts";
import { lookFailure, pathOf } from "./open_file.ts";

/**
 * `link`: shown, never followed. `other`: a FIFO, a socket, a file of another file system. `unreadable_directory`: what is
 * below is not shown, because this program may not read it, its name is no UTF-8, its path is too long, or it lies on
 * another file system.
 */
export const FILE_KINDS = ["file", "link", "other", "unreadable_directory"] as const;
export type FileKind = typeof FILE_KINDS[number];

export interface ListedFile {
  /** Relative to the task's directory. What is no UTF-8 in it is shown as U+FFFD. */
  path: string;
  kind: FileKind;
  /** Null when its name cannot be looked up. */
  size: number | null;
  /** Epoch milliseconds. */
  modifiedAt: number | null;
}

/** Behind this entry; for a directory, also behind all that is below it, or before that. */
export interface ListPosition {
  path: string;
  isDone: boolean;
}

export interface FilePage {
  files: ListedFile[];
  /** Where the next page begins; undefined when there is none. */
  next: ListPosition | undefined;
}

export interface ListRequest {
  after: ListPosition | undefined;
  limit: number;
}

/** Names of a directory that are kept at a time; for the rest it is read again. */
const WINDOW = 4096;
/** Directories on the way down whose names are kept. */
const LEVELS_KEPT = 16;
/** Entries after which a page ends early. To open a directory costs as much as some entries of one. */
const MAX_SEEN = 100_000;
const DIRECTORY_WEIGHT = 10;

/** A directory on the way down. */
interface Level {
  /** Relative; empty for the task's own. */
  directory: string;
  /** Names up to this one are done. */
  after: string | undefined;
  /** The next names, the first one last; `isCut`: further ones follow, for which the directory is read again. */
  entries: Deno.DirEntry[];
  isCut: boolean;
}

/**
 * One page. `next` differs from `after` whenever it is given.
 *
 * @throws {PipekeepError} task_directory_gone, path_forbidden, file_unreadable (the task's own directory)
 */
export function listFiles(linkFree: LinkFreeRoot, taskId: string, { after, limit }: ListRequest): FilePage {
  const walk = new Walk(linkFree, taskId, after);
  while (walk.files.length < limit && walk.step());
  return { files: walk.files, next: walk.next() };
}

class Walk {
  readonly files: ListedFile[] = [];
  #levels: Level[];
  #position: ListPosition | undefined;
  #hasProgress = false;
  #seen = 0;

  constructor(
    private readonly linkFree: LinkFreeRoot,
    private readonly taskId: string,
    after: ListPosition | undefined,
  ) {
    this.#position = after;
    this.#levels = levelsAt(after);
  }

  /** Takes the next entry, or reads a directory. False: the page is to end here. */
  step(): boolean {
    const level = this.#levels.at(-1);
    if (level === undefined) return false;
    const entry = level.entries.pop();
    if (entry !== undefined) this.#take(level, entry);
    else if (!level.isCut) this.#leave(level);
    else if (this.#seen >= MAX_SEEN && this.#hasProgress) return false;
    else this.#read(level);
    return true;
  }

  next(): ListPosition | undefined {
    const isOver = this.#levels.every(({ entries, isCut }) => entries.length === 0 && !isCut);
    return isOver ? undefined : this.#position;
  }

  #moveTo(path: string, isDone: boolean): void {
    this.#position = { path, isDone };
    this.#hasProgress = true;
  }

  #leave({ directory }: Level): void {
    this.#levels.pop();
    if (directory !== "") this.#moveTo(directory, true);
  }

  #take(level: Level, { name, isDirectory, isSymlink }: Deno.DirEntry): void {
    level.after = name;
    const path = level.directory === "" ? name : `${level.directory}/${name}`;
    if (!isDirectory || isSymlink) {
      const file = this.#fileAt(path, isSymlink ? "link" : "other");
      if (file !== undefined) this.files.push(file);
      this.#moveTo(path, true);
    } else if (this.#mayEnter(path)) {
      this.#levels.push({ directory: path, after: undefined, entries: [], isCut: true });
      const above = this.#levels.at(-1 - LEVELS_KEPT);
      if (above !== undefined && above.entries.length > 0) Object.assign(above, { entries: [], isCut: true });
      this.#moveTo(path, false);
    } else {
      this.#showUnreadable(path);
      this.#moveTo(path, true);
    }
  }

  #read(level: Level): void {
    this.#seen += DIRECTORY_WEIGHT;
    level.isCut = false;
    try {
      const found = Deno.readDirSync(pathOf(this.linkFree, this.taskId, level.directory));
      const { entries, isCut, seen } = firstNames(found, level.after);
      Object.assign(level, { entries: entries.reverse(), isCut });
      this.#seen += seen;
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      if (level.directory === "") throw lookFailure(error, this.linkFree, this.taskId, "");
      // Gone, or exchanged for something that is no directory: then nothing is below it.
      if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) return;
      if (!["EACCES", "EPERM", "ENAMETOOLONG"].includes(code)) throw error;
      if (level.after === undefined) this.#showUnreadable(level.directory);
      this.#leave(level);
    }
  }

  #showUnreadable(path: string): void {
    this.files.push({ path, kind: "unreadable_directory", size: null, modifiedAt: null });
  }

  #mayEnter(path: string): boolean {
    if (isUnnameable(path)) return false;
    try {
      const info = Deno.lstatSync(pathOf(this.linkFree, this.taskId, path));
      return !info.isDirectory || info.dev === this.linkFree.device;
    } catch (error) {
      return (error as { code?: string }).code !== "ENAMETOOLONG";
    }
  }

  /** Undefined: it is gone by now. */
  #fileAt(path: string, kind: FileKind): ListedFile | undefined {
    const unknown = { path, kind, size: null, modifiedAt: null };
    if (isUnnameable(path)) return unknown;
    try {
      const info = Deno.lstatSync(pathOf(this.linkFree, this.taskId, path));
      if (info.isDirectory) return undefined;
      const isOurs = info.dev === this.linkFree.device && isExact(info.ino);
      return {
        path,
        kind: info.isSymlink ? "link" : info.isFile && isOurs ? "file" : "other",
        size: info.size,
        modifiedAt: info.mtime?.getTime() ?? null,
      };
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) return undefined;
      if (["EACCES", "EPERM", "ENAMETOOLONG"].includes(code)) return unknown;
      throw error;
    }
  }
}

/** The way down to `after`. */
function levelsAt(after: ListPosition | undefined): Level[] {
  const levels: Level[] = [];
  let directory = "";
  for (const name of after?.path.split("/") ?? []) {
    levels.push({ directory, after: name, entries: [], isCut: true });
    directory = directory === "" ? name : `${directory}/${name}`;
  }
  if (after === undefined || !after.isDone) {
    levels.push({ directory, after: undefined, entries: [], isCut: true });
  }
  return levels;
}

/** The first names behind `after`, in order; `isCut` when there are more. */
function firstNames(found: Iterable<Deno.DirEntry>, after: string | undefined) {
  let entries: Deno.DirEntry[] = [];
  let last: string | undefined;
  let seen = 0;
  const keepFirst = () => {
    entries.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    if (entries.length <= WINDOW) return;
    entries = entries.slice(0, WINDOW);
    last = entries.at(-1)!.name;
  };
  for (const entry of found) {
    seen++;
    if (after !== undefined && entry.name <= after) continue;
    if (last !== undefined && entry.name > last) continue;
    entries.push(entry);
    if (entries.length >= 2 * WINDOW) keepFirst();
  }
  keepFirst();
  return { entries, isCut: last !== undefined, seen };
}

/** Bytes that are no UTF-8 are read as U+FFFD, and looking such a name up finds nothing, or somebody else. */
function isUnnameable(path: string): boolean {
  return path.includes("\uFFFD");
}
