/** How much room a file system has. Wants the permission `--allow-sys=statfs`, and does without. */
import { statfsSync } from "node:fs";

/** Bytes that this process may still write on the file system of `path`; null where that cannot be had. */
export function freeBytesOf(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
