/** Reads the names of one directory for a list of files: by libc in little memory, or by the runtime. */
import { DT_DIRECTORY, DT_UNKNOWN } from "./entry_reader.ts";
import { codeOf, type Libc } from "./libc.ts";

export interface DirectoryEntry {
  /** What is no UTF-8 in it is U+FFFD. */
  name: string;
  /** `unknown`: this file system does not tell. */
  kind: "directory" | "other" | "unknown";
}

/**
 * Visits all entries of the directory at `path`, in no order, without following a link in its last place.
 *
 * @throws an error with the system's `code`; E2BIG: more entries than can be read
 */
export type DirectoryReader = (path: string, visit: (entry: DirectoryEntry) => void) => void;

/**
 * The runtime makes an object of each entry before it gives the first (half a kilobyte each), and a Worker out of
 * memory takes the program with it. Most file systems tell by its size what a directory holds: these are a million
 * short names on ext4.
 */
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;

/** By the runtime's calls. */
export const byRuntime: DirectoryReader = (path, visit) => {
  const info = Deno.lstatSync(path);
  if (info.isDirectory && info.size > MAX_DIRECTORY_BYTES) throw failure("E2BIG");
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(path)) {
    visit({ name, kind: isDirectory && !isSymlink ? "directory" : "other" });
  }
};

/** What one call of the kernel fills. */
const BUFFER_BYTES = 2 ** 18;

/** By libc, in the same memory however many entries there are. */
export function byLibc(libc: Libc): DirectoryReader {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const view = new DataView(buffer.buffer);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (path, visit) => {
    const directory = libc.openPath(path);
    if (directory < 0) throw failure(codeOf(directory));
    try {
      for (;;) {
        const used = libc.readEntries(directory, buffer);
        if (used < 0) throw failure(codeOf(used));
        if (used === 0) return;
        // struct linux_dirent64: its length at 16, its type at 18, then the name up to a NUL.
        for (let at = 0; at < used; at += view.getUint16(at + 16, true)) {
          const name = decoder.decode(buffer.subarray(at + 19, buffer.indexOf(0, at + 19)));
          if (name !== "." && name !== "..") visit({ name, kind: kindOf(buffer[at + 18]!) });
        }
      }
    } finally {
      libc.close(directory);
    }
  };
}

function kindOf(type: number): DirectoryEntry["kind"] {
  return type === DT_DIRECTORY ? "directory" : type === DT_UNKNOWN ? "unknown" : "other";
}

function failure(code: string): Error {
  return Object.assign(new Error(`the directory cannot be read: ${code}`), { code });
}
