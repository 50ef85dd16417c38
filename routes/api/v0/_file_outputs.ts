/** What v0 shows of a task's files and log (api.md 1.4). */
import { z } from "zod";
import { lazy, type OutputOf } from "../../../http/lazy.ts";
import { formatOptionalTime, formatSize } from "../../../domain/format.ts";
import { FILE_KINDS, type ListedFile, type LogEntry } from "../../../services/tasks/task_files.ts";

const localTime = lazy(() => z.string().describe("local time, ISO-8601"));
const word = lazy(() => z.string().nullable());
const count = lazy(() => z.int().min(0));

const fileSchema = lazy(() =>
  z.strictObject({
    name: z.string(),
    path: z.string().describe("relative to the task's directory"),
    kind: z.enum(FILE_KINDS).describe("only a `file` can be downloaded; a `link` is never followed"),
    size: word().describe("null where the name cannot be looked up"),
    size_bytes: count().nullable(),
    modified_at: localTime().nullable(),
  }).meta({ id: "TaskFile" })
);

export const filePageSchema = lazy(() =>
  z.strictObject({
    task_id: z.string(),
    files: z.array(fileSchema()),
    limit: count(),
    next_cursor: word().describe("null at the end; a page may be shorter than `limit` before that"),
  }).meta({ id: "TaskFilePage" })
);

const logEntrySchema = lazy(() =>
  z.strictObject({
    timestamp: word().describe(
      "the log's own local time as ISO-8601; null before the first line that has one",
    ),
    level: word(),
    logger: word(),
    message: z.string().describe("with the lines that belong to it, a traceback say"),
    truncated: z.boolean().describe("the message is longer than shown"),
  }).meta({ id: "LogEntry" })
);

export const logPageSchema = lazy(() =>
  z.strictObject({
    task_id: z.string(),
    logs: z.array(logEntrySchema()).describe("newest first"),
    limit: count(),
    next_cursor: word().describe(
      "for older entries; null at the beginning; a page may be shorter before that",
    ),
  }).meta({ id: "LogPage" })
);

/** An entry of a task's directory. */
export function fileView({ path, kind, size, modifiedAt }: ListedFile): OutputOf<typeof fileSchema> {
  return {
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
    kind,
    size: size === null ? null : formatSize(size),
    size_bytes: size,
    modified_at: formatOptionalTime(modifiedAt),
  };
}

/** An entry of a task's log. */
export function logEntryView({ time, isCut, ...entry }: LogEntry): OutputOf<typeof logEntrySchema> {
  const [seconds, fraction = ""] = time?.split(".") ?? [];
  const hasFraction = /[1-9]/.test(fraction);
  return {
    timestamp: seconds === undefined
      ? null
      : seconds.replace(" ", "T") + (hasFraction ? `.${fraction.padEnd(6, "0")}` : ""),
    ...entry,
    truncated: isCut,
  };
}
