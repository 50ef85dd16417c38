/** Reads a directory's entries as bytes, in the order of their inodes where there are many of them. */
import type { Libc } from "./libc.ts";

/** Bytes of entries that are read at first, and at most, before they are handed on. */
const WINDOW_FIRST = 2 ** 18;
const WINDOW_MAX = 2 ** 25;
/** What one call of the kernel fills: the directory is locked for as long. */
const CALL_MAX = 2 ** 18;
/** From so many entries on, looking at files in the order of their inodes saves more than the sorting costs. */
const SORTED_FROM = 5_000;
const INDEX_BITS = 2 ** 21;

export const DT_UNKNOWN = 0;
export const DT_DIRECTORY = 4;

/** `name` ends in NUL and lives until the visit ends. */
export type Visit = (name: Uint8Array<ArrayBuffer>, type: number, inode: number) => void;

export class EntryReader {
  readonly #libc: Libc;
  #window = new Uint8Array(WINDOW_FIRST);
  #view = new DataView(this.#window.buffer);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Visits all entries but `.` and `..`, from where the descriptor stands. Returns 0, or the negative errno. */
  each(directory: number, visit: Visit): number {
    for (;;) {
      const used = this.#fill(directory);
      if (used < 0) return used;
      if (used === 0) return 0;
      this.#visitWindow(used, visit);
      if (used < this.#window.length - CALL_MAX) continue;
      // A huge directory's window is not kept for the small ones to come.
      if (this.#window.length > WINDOW_FIRST) this.#resize(WINDOW_FIRST, 0);
    }
  }

  /** As many entries as there are, or as the largest window takes. */
  #fill(directory: number): number {
    let used = 0;
    for (;;) {
      if (this.#window.length - used < CALL_MAX / 2) {
        if (this.#window.length === WINDOW_MAX) return used;
        this.#resize(this.#window.length * 2, used);
      }
      const room = this.#window.subarray(used, Math.min(this.#window.length, used + CALL_MAX));
      const count = this.#libc.readEntries(directory, room);
      if (count < 0) return count;
      if (count === 0) return used;
      used += count;
    }
  }

  #resize(length: number, used: number): void {
    const window = new Uint8Array(length);
    window.set(this.#window.subarray(0, used));
    this.#window = window;
    this.#view = new DataView(window.buffer);
  }

  #visitWindow(used: number, visit: Visit): void {
    const offsets: number[] = [];
    for (let at = 0; at < used; at += this.#view.getUint16(at + 16, true)) {
      if (!this.#isDots(at + 19)) offsets.push(at);
    }
    if (offsets.length < SORTED_FROM) {
      for (const at of offsets) this.#visitEntry(at, visit);
      return;
    }
    // Numbers sort many times faster than a comparison of objects: inode and index in one.
    const keys = new Float64Array(offsets.length);
    for (let i = 0; i < offsets.length; i++) {
      keys[i] = this.#view.getUint32(offsets[i]!, true) * INDEX_BITS + i;
    }
    keys.sort();
    for (const key of keys) this.#visitEntry(offsets[key % INDEX_BITS]!, visit);
  }

  #visitEntry(at: number, visit: Visit): void {
    const inode = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
    visit(this.#window.subarray(at + 19), this.#window[at + 18]!, inode);
  }

  #isDots(at: number): boolean {
    const window = this.#window;
    return window[at] === 46 && (window[at + 1] === 0 || (window[at + 1] === 46 && window[at + 2] === 0));
  }
}
