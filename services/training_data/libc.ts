/**
 * The bindings to libc, and nothing else: the calls that the walk by descriptors needs and the runtime does not have.
 *
 * Each returns what the call returns, or the negative errno as the kernel does; nothing here throws. All memory that
 * libc sees are buffers of this file or of the caller, so that no permission is needed once it is open.
 *
 * @module
 */
import { constants } from "node:os";

/** Where libc lies; `--allow-ffi` names the same paths. */
export const LIBRARIES = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
] as const;

const SYMBOLS = {
  openat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  // A count of bytes under 2^31: the lower half of the register is all of it.
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  faccessat: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
  memcpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer" },
} as const;

type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const isArm = Deno.build.arch === "aarch64";
const O_DIRECTORY = isArm ? 0o40000 : 0o200000;
const O_NOFOLLOW = isArm ? 0o100000 : 0o400000;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_MNT_ID = 0x1000;
const STATX_ATTR_IMMUTABLE = 0x10;
const STATX_ATTR_APPEND = 0x20;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;
const W_OK = 2;
const X_OK = 1;
const SEEK_SET = 0;

export const ERRNO = constants.errno;

/** `EACCES` for -13. */
export function codeOf(result: number): string {
  return Object.entries(ERRNO).find(([, errno]) => errno === -result)?.[0] ?? `errno ${-result}`;
}

const NOTHING = new Uint8Array(1);
const HERE = new TextEncoder().encode(".\0");
const PARENT = new TextEncoder().encode("..\0");

/** What statx says of an entry. One is used again and again: take what you need before the next call. */
export class Stat {
  readonly bytes = new Uint8Array(256);
  readonly #view = new DataView(this.bytes.buffer);

  get names(): number {
    return this.#view.getUint32(16, true);
  }
  get uid(): number {
    return this.#view.getUint32(20, true);
  }
  get mode(): number {
    return this.#view.getUint16(28, true);
  }
  get inode(): number {
    return this.#u64(32);
  }
  /** In bytes, as `ls` shows it. */
  get size(): number {
    return this.#u64(40);
  }
  /** In bytes, as `du` counts. */
  get allocated(): number {
    return this.#u64(48) * 512;
  }
  /** The file system, as the runtime's `dev`. */
  get dev(): number {
    const major = this.#view.getUint32(136, true);
    const minor = this.#view.getUint32(140, true);
    return (minor & 0xff) + (major & 0xfff) * 2 ** 8 + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44;
  }
  /** Which mount it was reached through. */
  get mount(): number {
    return this.#u64(144);
  }
  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }
  get isLink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }
  /** Immutable or append-only: whatever the modes say, it stays, and so does what is in it. */
  get isProtected(): boolean {
    return (this.#view.getUint32(8, true) & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) !== 0;
  }
  get hasMount(): boolean {
    return (this.#view.getUint32(0, true) & STATX_MNT_ID) !== 0;
  }

  #u64(offset: number): number {
    return this.#view.getUint32(offset, true) + this.#view.getUint32(offset + 4, true) * 2 ** 32;
  }
}

export class Libc {
  readonly #symbols: Symbols;
  readonly #errno = new Uint8Array(4);

  private constructor(symbols: Symbols) {
    this.#symbols = symbols;
  }

  /**
   * Opens the first of `libraries` that is there, for as long as the thread lives, and tries it.
   *
   * @throws where there is none, the permission is refused, or the kernel does not tell mounts (before Linux 5.8)
   */
  static open(libraries: readonly string[]): Libc {
    if (Deno.build.os !== "linux") throw new Error(`this is ${Deno.build.os}`);
    let refusal: unknown = new Error("no path of libc is known");
    for (const path of libraries) {
      try {
        const libc = new Libc(Deno.dlopen(path, SYMBOLS).symbols);
        const stat = new Stat();
        if (libc.stat(AT_FDCWD, HERE, stat) < 0 || !stat.hasMount) throw new Error("statx tells no mounts");
        return libc;
      } catch (error) {
        refusal = error;
        // The permission is for each path; a library that is not there says so differently.
      }
    }
    throw refusal;
  }

  /** Opens a directory by its absolute path; its last component is not followed. */
  openPath(path: string): number {
    return this.openDirectory(AT_FDCWD, new TextEncoder().encode(`${path}\0`));
  }

  /** Opens a directory below another, never through a link. `name` ends in NUL; a view of more is fine. */
  openDirectory(parent: number, name: Uint8Array<ArrayBuffer>): number {
    const flags = O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    return this.#result(this.#symbols.openat(parent, name, flags));
  }

  openParent(directory: number): number {
    return this.openDirectory(directory, PARENT);
  }

  close(descriptor: number): void {
    this.#symbols.close(descriptor);
  }

  /** Reads the next entries (struct linux_dirent64) into `buffer`; 0 at the end. */
  readEntries(directory: number, buffer: Uint8Array<ArrayBuffer>): number {
    return this.#result(this.#symbols.getdents64(directory, buffer, BigInt(buffer.length)));
  }

  /** The next {@linkcode readEntries} begins anew. */
  rewind(directory: number): void {
    this.#symbols.lseek(directory, 0n, SEEK_SET);
  }

  /** Looks at an entry, never through a link. */
  stat(directory: number, name: Uint8Array<ArrayBuffer>, stat: Stat): number {
    return this.#statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, stat);
  }

  statOpen(descriptor: number, stat: Stat): number {
    return this.#statx(descriptor, NOTHING, AT_EMPTY_PATH, stat);
  }

  unlink(directory: number, name: Uint8Array<ArrayBuffer>): number {
    return this.#result(this.#symbols.unlinkat(directory, name, 0));
  }

  removeDirectory(parent: number, name: Uint8Array<ArrayBuffer>): number {
    return this.#result(this.#symbols.unlinkat(parent, name, AT_REMOVEDIR));
  }

  /** Whether this process may remove entries from the directory, by modes, groups and access lists. */
  mayRemoveFrom(directory: number): number {
    return this.#result(this.#symbols.faccessat(directory, HERE, W_OK | X_OK, 0));
  }

  #statx(directory: number, name: Uint8Array<ArrayBuffer>, flags: number, stat: Stat): number {
    const mask = STATX_BASIC_STATS | STATX_MNT_ID;
    return this.#result(this.#symbols.statx(directory, name, flags, mask, stat.bytes));
  }

  /** Must follow the call at once: errno is the thread's, and the next call's. */
  #result(result: number): number {
    if (result !== -1) return result;
    this.#symbols.memcpy(this.#errno, this.#symbols.__errno_location(), 4n);
    return -(this.#errno[0]! | this.#errno[1]! << 8) || -ERRNO.EIO;
  }
}
