/** Looks at and opens files of a task's directory: never one outside of it, never through a link at any level. */
import * as fs from "node:fs";
import { PipekeepError } from "../../domain/errors.ts";
import { isExact, isIntact, type LinkFreeRoot } from "./link_free.ts";

/** An open regular file, as it was when it was opened. */
export interface OpenFile {
  /** The caller's to close, see {@linkcode closeFile}. */
  fd: number;
  inode: number;
  size: number;
  /** Epoch milliseconds; NaN: no time that JavaScript has. */
  modifiedAt: number;
}

/** A FIFO that took the file's place must not make anybody wait for its writer. */
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW;
/** A pipeline may replace a file at the same moment; whoever goes on replacing it is no pipeline. */
const ATTEMPTS = 10;

/**
 * What stands at `path` (empty: the task's directory itself), looked at without following a link at any level.
 *
 * @throws {PipekeepError} task_directory_gone, file_not_found, path_forbidden (the task's entry is no directory),
 * file_forbidden (below a link), file_unreadable
 */
export function lookAt(linkFree: LinkFreeRoot, taskId: string, path: string): Deno.FileInfo {
  try {
    return Deno.lstatSync(pathOf(linkFree, taskId, path));
  } catch (error) {
    throw lookFailure(error, linkFree, taskId, path);
  }
}

/**
 * Opens the regular file at `path` to read.
 *
 * What is opened by its path may be anything, if somebody exchanges a directory for a link at that moment. So the open
 * file is compared with what {@linkcode lookAt} sees afterwards at its place: device and inode number of a file that
 * is open are nobody else's, and the same ones mean that this very file stood there, in a directory of the task.
 *
 * @throws {PipekeepError} as {@linkcode lookAt}; file_forbidden: a link, a directory, a FIFO, on another file system
 */
export function openFile(linkFree: LinkFreeRoot, taskId: string, path: string): OpenFile {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Whatever is no file is not opened at all: opening some things has effects.
    if (!isOurFile(lookAt(linkFree, taskId, path), linkFree)) throw forbidden(taskId, path);
    const fd = open(linkFree, taskId, path);
    if (fd === undefined) continue;
    let isKept = false;
    try {
      const info = fs.fstatSync(fd);
      const placed = lookAt(linkFree, taskId, path);
      if (!isOurFile(placed, linkFree) || placed.ino !== info.ino || placed.dev !== info.dev) continue;
      if (!isIntact(linkFree)) throw new LinksGone();
      isKept = true;
      return { fd, inode: info.ino, size: info.size, modifiedAt: Math.trunc(info.mtimeMs) };
    } finally {
      if (!isKept) fs.closeSync(fd);
    }
  }
  throw forbidden(taskId, path);
}

/** Once for each file. */
export function closeFile(file: OpenFile): void {
  fs.closeSync(file.fd);
}

/** The links of {@linkcode LinkFreeRoot} are not there any more: nothing that was seen by them counts. */
export class LinksGone extends Error {
  override readonly name = "LinksGone";

  constructor() {
    super("the links in the temporary folder are gone");
  }
}

/** For `lstat` and `readDir` alone, see link_free.ts. `path` may be empty. */
export function pathOf({ prefix }: LinkFreeRoot, taskId: string, path: string): string {
  return path === "" ? `${prefix}/${taskId}` : `${prefix}/${taskId}/${path}`;
}

/** What the failure of a look without links means; what cannot be explained comes back as it is. */
export function lookFailure(error: unknown, linkFree: LinkFreeRoot, taskId: string, path: string): unknown {
  if (!isIntact(linkFree)) return new LinksGone();
  const code = (error as { code?: string }).code ?? "";
  const details = { task_id: taskId, file_path: path };
  const name = JSON.stringify(path);
  if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code)) {
    const top = topKind(linkFree, taskId);
    if (top === "forbidden") return notADirectory(taskId);
    if (top === "absent") {
      return new PipekeepError("task_directory_gone", `training_data/${taskId} is not there`, details);
    }
    return new PipekeepError("file_not_found", `no file ${name} in training_data/${taskId}`, details);
  }
  if (code === "ELOOP") {
    return topKind(linkFree, taskId) === "forbidden" ? notADirectory(taskId) : forbidden(taskId, path);
  }
  if (code === "EACCES" || code === "EPERM") {
    return new PipekeepError("file_unreadable", `not permitted to read ${name} of ${taskId}`, details);
  }
  return error;
}

function topKind(linkFree: LinkFreeRoot, taskId: string): "directory" | "absent" | "forbidden" {
  try {
    return Deno.lstatSync(pathOf(linkFree, taskId, "")).isDirectory ? "directory" : "forbidden";
  } catch {
    return "absent";
  }
}

/** Undefined: it was exchanged since it was looked at. */
function open(linkFree: LinkFreeRoot, taskId: string, path: string): number | undefined {
  try {
    return fs.openSync(`${linkFree.root}/${taskId}/${path}`, FLAGS);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EACCES" || code === "EPERM") throw lookFailure(error, linkFree, taskId, path);
    if (code === "EMFILE" || code === "ENFILE" || code === "EIO") throw error;
    return undefined;
  }
}

function isOurFile(info: Deno.FileInfo, { device }: LinkFreeRoot): boolean {
  return info.isFile && !info.isSymlink && info.dev === device && isExact(info.ino);
}

function forbidden(taskId: string, path: string): PipekeepError {
  const message = `${JSON.stringify(path)} is not a regular file inside training_data/${taskId}`;
  return new PipekeepError("file_forbidden", message, { task_id: taskId, file_path: path });
}

function notADirectory(taskId: string): PipekeepError {
  const message = `training_data/${taskId} is not a real directory of training_data`;
  return new PipekeepError("path_forbidden", message, { task_id: taskId });
}
