/**
 * What the tree Workers do to trees, in two forms that pass the same tests: libc_walk.ts walks by descriptors and
 * names of bytes, runtime_walk.ts by the runtime's calls and paths, where libc is not to be had. Both are synchronous:
 * they run off the main thread, and an asynchronous walk costs four times as much (docs/decisions).
 *
 * Links are counted and unlinked, never followed; other mounts are never entered.
 *
 * @module
 */
import type { BytePath } from "./byte_path.ts";
import type { TreeMeasure } from "./tree_measure.ts";

export type WalkForm = "libc" | "runtime";

/** Where and as whom the Workers work. */
export interface WalkContext {
  /** The directory that the paths are relative to. */
  base: string;
  /** Its inode: another directory at its path is not worked in. Null where the system has none. */
  inode: number | null;
  /** Its file system. */
  dev: number;
  /** This process's user as the file system sees it. */
  uid: number;
  /** Whether modes do not bind this process (root, unless it runs without that capability). */
  overrides: boolean;
  /** Whether the base is the trash, where directories may be tried out, and stand that were just renamed themselves. */
  inTrash: boolean;
}

/** A piece of work: a tree, or only the files of its root; of many files one part in `of`, told by their inodes. */
export interface Portion {
  path: BytePath;
  scope: "tree" | "files";
  slice?: { index: number; of: number };
}

/** A directory's subdirectories, and how many other entries it has. */
export interface Listing {
  below: BytePath[];
  files: number;
}

/**
 * Subdirectories that a listing names at most: each is a text, a message and an outcome. With 400,000 of them the measuring of
 * a tree in parts took 725 MB and 12 s, and by one Worker, which packs the names, 149 MB and 3 s.
 */
export const BELOW_MAX = 20_000;

/** An open base. */
export interface TreeWalk extends Disposable {
  /** @throws {WalkError} E2BIG, beyond {@linkcode BELOW_MAX} */
  list(path: BytePath): Listing;

  /**
   * Measures, and finds out whether all can be removed; stops at the first obstacle. What cannot be examined is one: it
   * may hold a mount, and what is mounted there must not be emptied.
   */
  measure(portion: Portion): TreeMeasure;

  /**
   * Removes. What is gone already is fine; a tree in which a process goes on writing is removed again, for a while: once
   * its directory is gone, it can make nothing more in it. What resists is left, the rest goes, and it throws then.
   */
  remove(portion: Portion): void;
}

/** How long a tree that is filled up again while it is removed is removed again, in milliseconds. */
export const PERSIST_MS = 2000;

/** The files of a directory are shared out by runs of inodes: neighbours lie in the same blocks of the disk. */
export function isInSlice(inode: number, slice: Portion["slice"]): boolean {
  return slice === undefined || Math.floor(inode / INODES_PER_RUN) % slice.of === slice.index;
}

const INODES_PER_RUN = 4096;

/** An error of the system, by its code. */
export class WalkError extends Error {
  override readonly name: string;
  readonly code: string;

  constructor(action: string, code: string) {
    super(`${action}: ${code}`);
    this.code = code;
    this.name = code === "EACCES" || code === "EPERM" ? "PermissionDenied" : "WalkError";
  }
}
