/**
 * The open directories from the root of a walk down to where it stands. However deep that is, few descriptors are held:
 * those far up are closed and opened again from below, and must be the same directories then.
 *
 * @module
 */
import { codeOf, type Libc, Stat } from "./libc.ts";
import type { NameStack } from "./name_stack.ts";
import { WalkError } from "./tree_walk.ts";

const OPEN_MAX = 32;
const CLOSED = -1;

export interface Level {
  descriptor: number;
  inode: number;
  mount: number;
  /** In its parent, with its NUL. */
  name: Uint8Array<ArrayBuffer>;
  below: NameStack | undefined;
}

export class DirectoryStack {
  readonly #libc: Libc;
  readonly #levels: Level[] = [];
  readonly #stat = new Stat();

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  get top(): Level | undefined {
    return this.#levels.at(-1);
  }

  push(level: Level): void {
    this.#levels.push(level);
    const far = this.#levels.at(-1 - OPEN_MAX);
    if (far !== undefined && far.descriptor !== CLOSED) {
      this.#libc.close(far.descriptor);
      far.descriptor = CLOSED;
    }
  }

  /**
   * Closes the top and takes it off; the new top is open.
   *
   * @throws {WalkError} ESTALE, when the directory above is another by now: somebody moved what is walked
   */
  pop(): Level {
    const level = this.#levels.pop()!;
    const above = this.#levels.at(-1);
    try {
      if (above?.descriptor === CLOSED) above.descriptor = this.#reopen(level.descriptor, above);
    } finally {
      this.#libc.close(level.descriptor);
      level.descriptor = CLOSED;
    }
    return level;
  }

  /** Closes whatever is open. */
  clear(): void {
    for (const { descriptor } of this.#levels) if (descriptor !== CLOSED) this.#libc.close(descriptor);
    this.#levels.length = 0;
  }

  #reopen(below: number, { inode, mount }: Level): number {
    const descriptor = this.#libc.openParent(below);
    if (descriptor < 0) throw new WalkError("open the directory above", codeOf(descriptor));
    this.#libc.statOpen(descriptor, this.#stat);
    if (this.#stat.inode === inode && this.#stat.mount === mount) return descriptor;
    this.#libc.close(descriptor);
    throw new WalkError("a directory was moved while it was walked", "ESTALE");
  }
}
