/**
 * Lists what stands in a task's directory, page by page, in the order of a walk: entries of a directory by name (as
 * JavaScript compares texts), what is below a directory in the directory's place. Runs in a Worker: a directory is read
 * as a whole, and looked at synchronously.
 *
 * Memory is that of a few thousand entries; how much it takes to read a directory, directory_reader.ts tells. Time: a page
 * ends early, with fewer files or none and the word where to go on, when it has seen many entries. Each page reads the
 * directories it begins in again.
 *
 * @module
 */
import type { DirectoryEntry, DirectoryReader } from "./directory_reader.ts";
import { modifiedAt } from "./entry.ts";
import { isExact, type LinkFreeRoot } from "./link_free.ts";
import { lookFailure, pathOf } from "./open_file.ts";

/**
 * `link`: shown, never followed. `other`: a FIFO, a socket, a file of another file system. `unreadable_directory`: what is
 * below is not shown, because this program may not read it, its name is no UTF-8, its path is too long, it lies on
 * another file system, or it has too many entries to be read without libc.
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
  entries: DirectoryEntry[];
  isCut: boolean;
}

/**
 * One page. `next` differs from `after` whenever it is given.
 *
 * @throws {PipekeepError} task_directory_gone, path_forbidden, file_unreadable (the task's own directory)
 */
export function listFiles(
  read: DirectoryReader,
  linkFree: LinkFreeRoot,
  taskId: string,
  { after, limit }: ListRequest,
): FilePage {
  const walk = new Walk({ readDirectory: read, linkFree, taskId, after });
  while (walk.files.length < limit && walk.step());
  return { files: walk.files, next: walk.next() };
}

interface WalkDependencies {
  readDirectory: DirectoryReader;
  linkFree: LinkFreeRoot;
  taskId: string;
  after: ListPosition | undefined;
}

class Walk {
  readonly #deps: WalkDependencies;
  readonly files: ListedFile[] = [];
  #levels: Level[];
  #position: ListPosition | undefined;
  #hasProgress = false;
  #seen = 0;

  constructor(dependencies: WalkDependencies) {
    const { after } = dependencies;
    this.#deps = dependencies;
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

  #take(level: Level, { name, kind }: DirectoryEntry): void {
    level.after = name;
    const path = level.directory === "" ? name : `${level.directory}/${name}`;
    if (kind === "other" || (kind === "unknown" && !this.#isDirectory(path))) {
      const file = this.#fileAt(path);
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
      const names = new FirstNames(level.after);
      this.#deps.readDirectory(
        pathOf(this.#deps.linkFree, this.#deps.taskId, level.directory),
        (entry) => names.add(entry),
      );
      Object.assign(level, names.end());
      this.#seen += names.seen;
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      if (level.directory === "") throw lookFailure(error, this.#deps.linkFree, this.#deps.taskId, "");
      // Gone, or exchanged for something that is no directory: then nothing is below it.
      if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) return;
      if (!["EACCES", "EPERM", "ENAMETOOLONG", "E2BIG"].includes(code)) throw error;
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
      const info = Deno.lstatSync(pathOf(this.#deps.linkFree, this.#deps.taskId, path));
      return !info.isDirectory || info.dev === this.#deps.linkFree.device;
    } catch (error) {
      return (error as { code?: string }).code !== "ENAMETOOLONG";
    }
  }

  #isDirectory(path: string): boolean {
    try {
      return Deno.lstatSync(pathOf(this.#deps.linkFree, this.#deps.taskId, path)).isDirectory;
    } catch {
      return false;
    }
  }

  /** Undefined: it is gone by now. */
  #fileAt(path: string): ListedFile | undefined {
    const unknown: ListedFile = { path, kind: "other", size: null, modifiedAt: null };
    if (isUnnameable(path)) return unknown;
    try {
      const info = Deno.lstatSync(pathOf(this.#deps.linkFree, this.#deps.taskId, path));
      if (info.isDirectory) return undefined;
      const isOurs = info.dev === this.#deps.linkFree.device && isExact(info.ino);
      return {
        path,
        kind: info.isSymlink ? "link" : info.isFile && isOurs ? "file" : "other",
        size: info.size,
        modifiedAt: modifiedAt(info),
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

/** Keeps the first names behind `after`, in order. */
class FirstNames {
  seen = 0;
  #kept: DirectoryEntry[] = [];
  readonly #after: string | undefined;
  /** None behind this one is kept any more. */
  #last: string | undefined;

  constructor(after: string | undefined) {
    this.#after = after;
  }

  add(entry: DirectoryEntry): void {
    this.seen++;
    if (this.#after !== undefined && entry.name <= this.#after) return;
    if (this.#last !== undefined && entry.name > this.#last) return;
    this.#kept.push(entry);
    if (this.#kept.length >= 2 * WINDOW) this.#shorten();
  }

  /** The first one last; `isCut` when there are more. */
  end(): { entries: DirectoryEntry[]; isCut: boolean } {
    this.#shorten();
    return { entries: this.#kept.reverse(), isCut: this.#last !== undefined };
  }

  #shorten(): void {
    this.#kept.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    if (this.#kept.length <= WINDOW) return;
    this.#kept = this.#kept.slice(0, WINDOW);
    this.#last = this.#kept.at(-1)!.name;
  }
}

/** Bytes that are no UTF-8 are read as U+FFFD, and looking such a name up finds nothing, or somebody else. */
function isUnnameable(path: string): boolean {
  return path.includes("\uFFFD");
}
