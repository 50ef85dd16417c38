/** The one mount that a walk by descriptors stays on, and how directories on it are opened. */
import { type BytePath, terminated } from "./byte_path.ts";
import type { Level } from "./directory_stack.ts";
import { EntryReader } from "./entry_reader.ts";
import { codeOf, ERRNO, type Libc, Stat } from "./libc.ts";
import { type WalkContext, WalkError } from "./tree_walk.ts";

/** What a thread keeps from one walk to the next. */
export class LibcTools {
  readonly libc: Libc;
  readonly entries: EntryReader;

  constructor(libc: Libc) {
    this.libc = libc;
    this.entries = new EntryReader(libc);
  }
}

export interface MountGroundDependencies {
  tools: LibcTools;
  context: WalkContext;
}

export class MountGround implements Disposable {
  readonly libc: Libc;
  readonly entries: EntryReader;
  readonly context: WalkContext;
  /** The base, open. */
  readonly base: number;
  readonly mount: number;
  /** What the last directory that was entered is. */
  readonly stat = new Stat();

  /** @throws {WalkError} ESTALE, when another directory stands at the base by now */
  constructor(dependencies: MountGroundDependencies) {
    const { tools: { libc, entries }, context } = dependencies;
    this.libc = libc;
    this.entries = entries;
    this.context = context;
    this.base = libc.openPath(context.base);
    if (this.base < 0) throw new WalkError("open the directory", codeOf(this.base));
    const result = libc.statOpen(this.base, this.stat);
    const { inode, dev, mount } = this.stat;
    this.mount = mount;
    if (result === 0 && (context.inode ?? inode) === inode && dev === context.dev) return;
    libc.close(this.base);
    throw new WalkError("the directory is not the one it was at the start", "ESTALE");
  }

  [Symbol.dispose](): void {
    this.libc.close(this.base);
  }

  /**
   * Opens a directory and looks at it: never through a link, EXDEV for another mount's or file system's (a snapshot is reached
   * by the same mount: it may be read-only, and its inodes are numbered anew).
   */
  enter(parent: number, name: Uint8Array<ArrayBuffer>): number {
    const descriptor = this.libc.openDirectory(parent, name);
    if (descriptor < 0) return descriptor;
    let result = this.libc.statOpen(descriptor, this.stat);
    if (result === 0 && !this.#isOnGround(this.stat)) result = -ERRNO.EXDEV;
    if (result === 0) return descriptor;
    this.libc.close(descriptor);
    return result;
  }

  #isOnGround({ mount, dev }: Stat): boolean {
    return mount === this.mount && dev === this.context.dev;
  }

  /** {@linkcode enter}, component by component from the base. */
  descend(path: BytePath): number {
    let descriptor = this.base;
    for (const name of path.split("/")) {
      const below = this.enter(descriptor, terminated(name));
      if (descriptor !== this.base) this.libc.close(descriptor);
      if (below < 0) return below;
      descriptor = below;
    }
    return descriptor;
  }

  /** The directory that was just entered, as a level of a walk. */
  level(descriptor: number, name: Uint8Array<ArrayBuffer>): Level {
    return { descriptor, inode: this.stat.inode, mount: this.mount, name, below: undefined };
  }
}
