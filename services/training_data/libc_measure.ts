/** Measures a tree by descriptors, and finds out whether all of it can be removed. */
import { DirectoryStack, type Level } from "./directory_stack.ts";
import { DT_DIRECTORY } from "./entry_reader.ts";
import { codeOf, ERRNO, Stat } from "./libc.ts";
import type { MountGround } from "./mount_ground.ts";
import { NameStack } from "./name_stack.ts";
import { emptyMeasure, type Obstacle, SharedTally, type TreeMeasure } from "./tree_measure.ts";
import { isInSlice, type Portion, WalkError } from "./tree_walk.ts";

const STICKY = 0o1000;

export class MeasureWalk {
  readonly #ground: MountGround;
  readonly #measure = emptyMeasure();
  readonly #tally = new SharedTally();
  readonly #stat = new Stat();

  constructor(ground: MountGround) {
    this.#ground = ground;
  }

  /** Measures from the directory that was just entered, or notes why it could not be. Closes it. */
  run(descriptor: number, scope: Portion["scope"], slice: Portion["slice"]): TreeMeasure {
    const measure = this.#measure;
    const stack = new DirectoryStack(this.#ground.libc);
    try {
      this.#take(stack, descriptor, new Uint8Array(1), slice);
      for (let level = stack.top; level !== undefined && measure.obstacle === null; level = stack.top) {
        const name = scope === "tree" ? level.below?.pop() : undefined;
        if (name === undefined) stack.pop();
        else this.#take(stack, this.#ground.enter(level.descriptor, name), name, undefined);
      }
    } finally {
      stack.clear();
    }
    measure.shared = this.#tally.rows();
    return measure;
  }

  #take(
    stack: DirectoryStack,
    descriptor: number,
    name: Uint8Array<ArrayBuffer>,
    slice: Portion["slice"],
  ): void {
    if (descriptor < 0) return this.#refuse(descriptor);
    const level = this.#ground.level(descriptor, name);
    stack.push(level);
    this.#measureDirectory(level, slice);
  }

  /** Measures a directory that was just entered, and its files; its subdirectories are still to come. */
  #measureDirectory(level: Level, slice: Portion["slice"]): void {
    const { libc, entries, context, stat } = this.#ground;
    const { uid, overrides } = context;
    if (slice === undefined || slice.index === 0) {
      this.#measure.directories++;
      this.#addBlocks(stat);
    }
    if (stat.isProtected) this.#hinder("permission_denied");
    // Only its owner and that of an entry may remove from it.
    const isSticky = !overrides && (stat.mode & STICKY) !== 0 && stat.uid !== uid;
    let isEmpty = true;
    const result = entries.each(level.descriptor, (name, type, inode) => {
      isEmpty = false;
      if (type !== DT_DIRECTORY || isSticky) {
        if (type !== DT_DIRECTORY && !isInSlice(inode, slice)) return;
        const looked = libc.stat(level.descriptor, name, this.#stat);
        if (looked < 0) return this.#refuse(looked);
        if (isSticky && this.#stat.uid !== uid) this.#hinder("permission_denied");
        if (!this.#stat.isDirectory) return this.#measureFile(this.#stat);
      }
      (level.below ??= new NameStack()).push(name);
    });
    if (result < 0) this.#refuse(result);
    if (!isEmpty && !overrides && libc.mayRemoveFrom(level.descriptor) < 0) this.#hinder("permission_denied");
  }

  #measureFile(stat: Stat): void {
    this.#measure.files++;
    this.#measure.bytes += stat.size;
    if (stat.isLink) this.#measure.links++;
    if (stat.mount !== this.#ground.mount) this.#hinder("path_forbidden");
    if (stat.isProtected) this.#hinder("permission_denied");
    if (stat.names > 1) this.#tally.note(stat.inode, stat.names, stat.allocated);
    else this.#addBlocks(stat);
  }

  #addBlocks({ allocated }: Stat): void {
    this.#measure.allocated += allocated;
    this.#measure.freed += allocated;
  }

  /** @throws {WalkError} when the system failed, and nothing is known */
  #refuse(result: number): void {
    switch (-result) {
      // Gone meanwhile.
      case ERRNO.ENOENT:
        return;
      case ERRNO.EACCES:
      case ERRNO.EPERM:
        return this.#hinder("permission_denied");
      // A mount, or what was a directory a moment ago.
      case ERRNO.EXDEV:
      case ERRNO.ENOTDIR:
      case ERRNO.ELOOP:
        return this.#hinder("path_forbidden");
      default:
        throw new WalkError("measure", codeOf(result));
    }
  }

  #hinder(obstacle: Obstacle): void {
    this.#measure.obstacle ??= obstacle;
  }
}
