/** What stands in a tree, counted, and how the counts of its parts become those of the whole. */

/** Why a tree cannot be removed whole. */
export type Obstacle = "permission_denied" | "path_forbidden";

/**
 * Directories include the root; links count among the files, with their own size. `bytes` counts a file by each of its
 * names; `allocated` and `freed` are bytes of blocks, directories' own included, and count it once.
 */
export interface TreeMeasure {
  directories: number;
  files: number;
  /** Symbolic links. */
  links: number;
  bytes: number;
  allocated: number;
  /** Without the files that have another name outside the tree. */
  freed: number;
  /** Files whose size cannot be read (names that are not UTF-8, paths over the system's limit); the walk by libc has none. */
  unmeasured: number;
  /** Null: all of it can be removed, as far as can be told without trying. */
  obstacle: Obstacle | null;
  /** Of a part: files with several names, still to be added. Of a whole: those that have a name outside. */
  shared: SharedInodes;
}

/** Rows of four numbers: inode, how many names it has, how many of them were seen, bytes of its blocks. */
export type SharedInodes = number[];

export function emptyMeasure(): TreeMeasure {
  return {
    directories: 0,
    files: 0,
    links: 0,
    bytes: 0,
    allocated: 0,
    freed: 0,
    unmeasured: 0,
    obstacle: null,
    shared: [],
  };
}

/** Files with several names, each once. */
export class SharedTally {
  readonly #inodes = new Map<number, { names: number; seen: number; bytes: number }>();

  note(inode: number, names: number, bytes: number, seen = 1): void {
    const known = this.#inodes.get(inode);
    if (known === undefined) this.#inodes.set(inode, { names, seen, bytes });
    else known.seen += seen;
  }

  add(rows: SharedInodes): void {
    for (let i = 0; i < rows.length; i += 4) this.note(rows[i]!, rows[i + 1]!, rows[i + 3]!, rows[i + 2]!);
  }

  /** All of them, or those of which `wanted` says so. */
  rows(wanted: (names: number, seen: number) => boolean = () => true): SharedInodes {
    const rows: SharedInodes = [];
    for (const [inode, { names, seen, bytes }] of this.#inodes) {
      if (wanted(names, seen)) rows.push(inode, names, seen, bytes);
    }
    return rows;
  }

  /** What they allocate together, and what goes when the names seen go. */
  totals(): { allocated: number; freed: number } {
    let allocated = 0;
    let freed = 0;
    for (const { names, seen, bytes } of this.#inodes.values()) {
      allocated += bytes;
      if (seen >= names) freed += bytes;
    }
    return { allocated, freed };
  }
}

/** One tree from the measures of its parts; the first obstacle stays. */
export function wholeOf(parts: readonly TreeMeasure[]): TreeMeasure {
  const whole = emptyMeasure();
  const tally = new SharedTally();
  for (const part of parts) {
    whole.directories += part.directories;
    whole.files += part.files;
    whole.links += part.links;
    whole.bytes += part.bytes;
    whole.allocated += part.allocated;
    whole.freed += part.freed;
    whole.unmeasured += part.unmeasured;
    whole.obstacle ??= part.obstacle;
    tally.add(part.shared);
  }
  const { allocated, freed } = tally.totals();
  whole.allocated += allocated;
  whole.freed += freed;
  whole.shared = tally.rows((names, seen) => seen < names);
  return whole;
}

/**
 * Trees that are removed together: what several of them share, and nobody else has, is freed by the last of those.
 * Changes the measures.
 */
export function settleTogether(wholes: readonly TreeMeasure[]): void {
  const tally = new SharedTally();
  for (const { shared } of wholes) tally.add(shared);
  const gone = new Set<number>();
  const rows = tally.rows((names, seen) => seen >= names);
  for (let i = 0; i < rows.length; i += 4) gone.add(rows[i]!);
  if (gone.size === 0) return;
  for (const whole of wholes.toReversed()) {
    for (let i = 0; i < whole.shared.length; i += 4) {
      if (gone.delete(whole.shared[i]!)) whole.freed += whole.shared[i + 3]!;
    }
  }
}
