/**
 * The walk by descriptors: each directory is opened below its parent, never through a link and never into another
 * mount, and each entry is looked at and removed by its bytes in the directory that is open. So nobody who works in the tree
 * meanwhile can lead it elsewhere, and no name, depth or mount hides anything from it.
 *
 * libc_measure.ts and libc_removal.ts have the two walks.
 *
 * @module
 */
import { type BytePath, nameAt, terminated, textOf } from "./byte_path.ts";
import { DT_DIRECTORY, DT_UNKNOWN } from "./entry_reader.ts";
import { codeOf, ERRNO } from "./libc.ts";
import { MeasureWalk } from "./libc_measure.ts";
import { type Remaining, RemovalWalk } from "./libc_removal.ts";
import { MountGround, type MountGroundDependencies } from "./mount_ground.ts";
import type { TreeMeasure } from "./tree_measure.ts";
import { BELOW_MAX, type Listing, type Portion, type TreeWalk, WalkError } from "./tree_walk.ts";

export class LibcWalk implements TreeWalk {
  readonly #ground: MountGround;

  /** @throws {WalkError} ESTALE, when another directory stands at the base by now */
  constructor(dependencies: MountGroundDependencies) {
    this.#ground = new MountGround(dependencies);
  }

  [Symbol.dispose](): void {
    this.#ground[Symbol.dispose]();
  }

  list(path: BytePath): Listing {
    const { libc, entries } = this.#ground;
    const listing: Listing = { below: [], files: 0 };
    const descriptor = this.#ground.descend(path);
    if (descriptor < 0) throw failureOf("open", path, descriptor);
    try {
      const result = entries.each(descriptor, (name, type) => {
        if (!this.#isDirectory(descriptor, name, type)) return void listing.files++;
        if (listing.below.length === BELOW_MAX) throw failureOf("list", path, -ERRNO.E2BIG);
        listing.below.push(`${path}/${nameAt(name, 0)}`);
      });
      if (result < 0) throw failureOf("read", path, result);
    } finally {
      libc.close(descriptor);
    }
    return listing;
  }

  /** Some file systems do not tell what an entry is: a directory that is taken for a file would be missed. */
  #isDirectory(directory: number, name: Uint8Array<ArrayBuffer>, type: number): boolean {
    if (type !== DT_UNKNOWN) return type === DT_DIRECTORY;
    const { libc, stat } = this.#ground;
    const result = libc.stat(directory, name, stat);
    if (result < 0 && result !== -ERRNO.ENOENT) throw failureOf("look at", nameAt(name, 0), result);
    return result === 0 && stat.isDirectory;
  }

  measure({ path, scope, slice }: Portion): TreeMeasure {
    const descriptor = this.#ground.descend(path);
    // A top has to be there; what was below it may have gone.
    if (descriptor === -ERRNO.ENOENT && !path.includes("/")) throw failureOf("open", path, descriptor);
    return new MeasureWalk(this.#ground).run(descriptor, scope, slice);
  }

  remove({ path, scope, slice }: Portion): void {
    const { libc, base } = this.#ground;
    const at = path.lastIndexOf("/");
    const parent = at < 0 ? base : this.#ground.descend(path.slice(0, at));
    if (parent === -ERRNO.ENOENT) return;
    if (parent < 0) throw failureOf("open", path, parent);
    let remaining: Remaining | undefined;
    try {
      const walk = new RemovalWalk(this.#ground);
      const name = terminated(path.slice(at + 1));
      remaining = scope === "tree" ? walk.removeTree(parent, name) : walk.removeFiles(parent, name, slice);
    } finally {
      if (parent !== base) libc.close(parent);
    }
    if (remaining !== undefined) {
      throw failureOf("remove", `${path}: ${remaining.name}`, remaining.result);
    }
  }
}

function failureOf(action: string, path: BytePath, result: number): WalkError {
  return new WalkError(`${action} ${textOf(path)}`, codeOf(result));
}
