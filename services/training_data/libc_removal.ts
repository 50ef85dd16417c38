/** Removes a tree by descriptors. What resists is left and told; the rest goes all the same. */
import { type BytePath, nameAt } from "./byte_path.ts";
import { DirectoryStack, type Level } from "./directory_stack.ts";
import { DT_DIRECTORY } from "./entry_reader.ts";
import { ERRNO } from "./libc.ts";
import type { MountGround } from "./mount_ground.ts";
import { NameStack } from "./name_stack.ts";
import { isInSlice, PERSIST_MS, type Portion } from "./tree_walk.ts";

/** The first entry that could not be removed, and the negative errno. */
export interface Remaining {
  name: BytePath;
  result: number;
}

export class RemovalWalk {
  readonly #ground: MountGround;
  readonly #deadline = performance.now() + PERSIST_MS;
  #remaining: Remaining | undefined;

  constructor(ground: MountGround) {
    this.#ground = ground;
  }

  /** Removes the tree `name` of the directory `parent`; its root goes last. */
  removeTree(parent: number, name: Uint8Array<ArrayBuffer>): Remaining | undefined {
    const { libc } = this.#ground;
    const stack = new DirectoryStack(libc);
    try {
      this.#enter(stack, parent, name);
      for (let level = stack.top; level !== undefined; level = stack.top) {
        const below = level.below?.pop();
        if (below !== undefined) {
          this.#enter(stack, level.descriptor, below);
          continue;
        }
        const emptied = stack.pop();
        const above = stack.top?.descriptor ?? parent;
        const result = libc.removeDirectory(above, emptied.name);
        const isRefilled = result === -ERRNO.ENOTEMPTY || result === -ERRNO.EEXIST;
        // Somebody writes in it; but not when what is in it has resisted.
        if (isRefilled && this.#remaining === undefined && performance.now() < this.#deadline) {
          this.#enter(stack, above, emptied.name);
        } else this.#note(emptied.name, result);
      }
    } finally {
      stack.clear();
    }
    return this.#remaining;
  }

  /** Removes the files of the directory `name` of `parent`. */
  removeFiles(parent: number, name: Uint8Array<ArrayBuffer>, slice: Portion["slice"]): Remaining | undefined {
    const descriptor = this.#ground.enter(parent, name);
    if (descriptor < 0) {
      this.#note(name, descriptor);
      return this.#remaining;
    }
    try {
      this.#unlinkEntries(this.#ground.level(descriptor, name), slice);
    } finally {
      this.#ground.libc.close(descriptor);
    }
    return this.#remaining;
  }

  #enter(stack: DirectoryStack, parent: number, name: Uint8Array<ArrayBuffer>): void {
    const descriptor = this.#ground.enter(parent, name);
    // Exchanged for something else since it was listed: that is unlinked, whatever it leads to.
    if (descriptor === -ERRNO.ENOTDIR || descriptor === -ERRNO.ELOOP) {
      return this.#note(name, this.#ground.libc.unlink(parent, name));
    }
    if (descriptor < 0) return this.#note(name, descriptor);
    const level = this.#ground.level(descriptor, name);
    stack.push(level);
    this.#unlinkEntries(level, undefined);
  }

  #unlinkEntries(level: Level, slice: Portion["slice"]): void {
    const { libc, entries } = this.#ground;
    const push = (name: Uint8Array) => (level.below ??= new NameStack()).push(name);
    const result = entries.each(level.descriptor, (name, type, inode) => {
      if (type === DT_DIRECTORY) return push(name);
      if (!isInSlice(inode, slice)) return;
      const unlinked = libc.unlink(level.descriptor, name);
      // A file system that does not tell what an entry is.
      if (unlinked === -ERRNO.EISDIR) push(name);
      else this.#note(name, unlinked);
    });
    this.#note(level.name, result);
  }

  #note(name: Uint8Array, result: number): void {
    if (result < 0 && result !== -ERRNO.ENOENT) this.#remaining ??= { name: nameAt(name, 0), result };
  }
}
