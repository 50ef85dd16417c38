/** The relative path of a file in a task's directory. */
import { PipekeepError } from "./errors.ts";

/** What the system allows of a name and of a path, in bytes of UTF-8. */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4095;

const encoder = new TextEncoder();

/**
 * Whether `path` is names joined by `/`, none of which leads elsewhere: not empty, not `.` or `..`, without NUL, none
 * longer than a name can be.
 */
export function isFilePath(path: string): boolean {
  if (path.length > MAX_PATH_BYTES || bytesOf(path) > MAX_PATH_BYTES) return false;
  return path.split("/").every((name) =>
    name !== "" && name !== "." && name !== ".." && !name.includes("\0") && name.isWellFormed() &&
    bytesOf(name) <= MAX_NAME_BYTES
  );
}

/** In a name that was listed, U+FFFD stands for a byte that is no UTF-8. */
function bytesOf(text: string): number {
  return encoder.encode(text.replaceAll("\uFFFD", "?")).length;
}

/** @throws {PipekeepError} invalid_file_path */
export function assertFilePath(path: string): void {
  if (isFilePath(path)) return;
  const shown = path.slice(0, 100);
  throw new PipekeepError("invalid_file_path", `not a relative file path: ${JSON.stringify(shown)}`, {
    file_path: shown,
  });
}
