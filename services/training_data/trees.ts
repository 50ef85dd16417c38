/** Measures and removes whole trees by the pool: one that stands alone is split, so that all Workers have something to do. */
import { type TreeMeasure, wholeOf } from "./tree_measure.ts";
import type { TreeOutcome, TreePool } from "./tree_pool.ts";
import type { Portion, WalkContext } from "./tree_walk.ts";

/** Fewer trees than this many per Worker are split. */
const TREES_PER_WORKER = 4;
/** How far down they are. */
const LEVELS = 3;
/** Files of one directory from which on they are shared out among the Workers. */
const FILES_PER_SLICE = 20_000;

export class Trees {
  readonly #pool: TreePool;

  constructor(pool: TreePool) {
    this.#pool = pool;
  }

  /** One outcome per name of `context.base`, in their order. */
  async measure(names: readonly string[], context: WalkContext): Promise<TreeOutcome<TreeMeasure>[]> {
    if (this.#areEnough(names.length)) {
      const outcomes = await this.#pool.run("measure", names.map(wholeTree), context);
      return outcomes.map((outcome) => outcome.error ? outcome : { value: wholeOf([outcome.value]) });
    }
    return await Promise.all(names.map((name) => this.#measureSplit(name, context)));
  }

  /** Removes entries of the trash. One outcome per name, in their order. */
  async remove(names: readonly string[], context: WalkContext): Promise<TreeOutcome<undefined>[]> {
    if (!this.#areEnough(names.length) && await this.#pool.warm() === "libc") {
      // What is left of each, and what resisted, is the business of the removal that follows.
      const parts = await Promise.all(names.map((name) => this.#split(name, context)));
      await this.#pool.run("remove", parts.filter((of) => of.length > 1).flat(), context);
    }
    return await this.#pool.run("remove", names.map(wholeTree), context);
  }

  #areEnough(trees: number): boolean {
    return trees >= this.#pool.size * TREES_PER_WORKER;
  }

  async #measureSplit(name: string, context: WalkContext): Promise<TreeOutcome<TreeMeasure>> {
    const parts: TreeMeasure[] = [];
    for (const outcome of await this.#pool.run("measure", await this.#split(name, context), context)) {
      if (outcome.error) return outcome;
      parts.push(outcome.value);
    }
    return { value: wholeOf(parts) };
  }

  /** Portions that are the tree together. */
  async #split(name: string, context: WalkContext): Promise<Portion[]> {
    const portions: Portion[] = [];
    let level = [name];
    for (let depth = 0; depth < LEVELS && level.length > 0 && !this.#areEnough(level.length); depth++) {
      const below: string[] = [];
      const listings = await this.#pool.run("list", level.map(wholeTree), context);
      for (const [i, path] of level.entries()) {
        const listing = listings[i]!;
        if (listing.error !== undefined) {
          // Not split, or what could not be listed would be missed. What is wrong with it, the walk that follows says.
          portions.push(wholeTree(path));
          continue;
        }
        portions.push(...this.#filesOf(path, listing.value.files));
        for (const subdirectory of listing.value.below) below.push(subdirectory);
      }
      level = below;
    }
    for (const path of level) portions.push(wholeTree(path));
    return portions;
  }

  #filesOf(path: string, files: number): Portion[] {
    const of = Math.min(this.#pool.size * TREES_PER_WORKER, Math.ceil(files / FILES_PER_SLICE));
    if (of <= 1) return [{ path, scope: "files" }];
    return Array.from({ length: of }, (_, index) => ({ path, scope: "files", slice: { index, of } }));
  }
}

function wholeTree(path: string): Portion {
  return { path, scope: "tree" };
}
