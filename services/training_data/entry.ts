/** What stands at a path of training_data, and why it cannot be moved. */
import { PipekeepError } from "../../domain/errors.ts";

/** `forbidden`: a link, a file, anything but a real directory. */
export type EntryKind = "directory" | "absent" | "forbidden";

/** Looks at `path` without following a link. */
export function kindOf(path: string): EntryKind {
  try {
    const info = Deno.lstatSync(path);
    return info.isDirectory && !info.isSymlink ? "directory" : "forbidden";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "absent";
    throw error;
  }
}

/** When an entry last changed, in epoch milliseconds; null when that is not known, or no time that JavaScript has. */
export function modifiedAt(info: Deno.FileInfo): number | null {
  const time = info.mtime?.getTime() ?? NaN;
  return Number.isNaN(time) ? null : time;
}

/**
 * When the directory or anything in its top level last changed, in epoch milliseconds; stops looking at the first
 * that is later than `since`. A time that is not known is 0.
 */
export function lastChangeIn(directory: string, since: number): { directory: number; newest: number } {
  const ownTime = modifiedAt(Deno.lstatSync(directory)) ?? 0;
  let newest = ownTime;
  if (newest > since) return { directory: ownTime, newest };
  for (const entry of Deno.readDirSync(directory)) {
    try {
      newest = Math.max(newest, modifiedAt(Deno.lstatSync(`${directory}/${entry.name}`)) ?? 0);
    } catch { /* gone meanwhile, or a name that cannot be read: the directory's own time stands for it */ }
    if (newest > since) break;
  }
  return { directory: ownTime, newest };
}

/** What a failed rename of a task's directory means; unknown failures come back as they are. */
export function renameFailure(error: unknown, taskId: string): unknown {
  const code = (error as { code?: string }).code ?? "";
  const details = { task_id: taskId };
  if (["EXDEV", "EBUSY", "ENOTDIR"].includes(code)) {
    const message = `training_data/${taskId} is not a real directory of training_data`;
    return new PipekeepError("path_forbidden", message, details, error);
  }
  if (["EACCES", "EPERM", "EROFS"].includes(code)) {
    return new PipekeepError(
      "permission_denied",
      `not permitted to move training_data/${taskId}`,
      details,
      error,
    );
  }
  if (code === "ENOENT") {
    return new PipekeepError("task_not_found", `training_data/${taskId} is gone`, details);
  }
  return error;
}

/** Whether an error of the file system says that there is no space left. */
export function isOutOfSpace(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as { code?: string }).code ?? "");
}

/** Does `work`, once more when the disk is full and space could be made. */
export function withSpace<Result>(makeSpace: () => boolean, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!isOutOfSpace(error) || !makeSpace()) throw error;
    return work();
  }
}
