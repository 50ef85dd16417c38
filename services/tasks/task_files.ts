/** The files of a task: only of one that has a record (api.md 1.4). */
import type { Database } from "../../db/database.ts";
import { findTask } from "../../db/queries/pipeline_tasks.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { assertTaskId } from "../../domain/task_id.ts";
import type { Availability } from "../training_data/availability.ts";
import type { FilePage, ListRequest } from "../training_data/file_list.ts";
import { fileStream } from "../training_data/file_stream.ts";
import type { LogPage, LogRequest } from "../training_data/log_tail.ts";
import { closeFile } from "../training_data/open_file.ts";
import type { TaskFiles } from "../training_data/task_files.ts";

export { FILE_KINDS, type ListedFile, type ListPosition } from "../training_data/file_list.ts";

export type { LogEntry, LogPosition } from "../training_data/log_tail.ts";

/** A file to hand on. Exactly one of `stream` and `close` is to be called. */
export interface Download {
  name: string;
  size: number;
  /** Epoch milliseconds; NaN: no time that JavaScript has. */
  modifiedAt: number;
  /** Differs when the file was replaced, or changed at another time or to another size. */
  version: string;
  /** `length` bytes from `from` on; see {@linkcode fileStream}. */
  stream(from: number, length: number): ReadableStream<Uint8Array>;
  close(): void;
}

export interface TaskFileAccessDependencies {
  database: Database;
  availability: Availability;
}

export class TaskFileAccess {
  readonly #deps: TaskFileAccessDependencies;

  constructor(dependencies: TaskFileAccessDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Opens a file of the task's directory. What is opened stays whole whatever becomes of the task meanwhile.
   *
   * @param path relative to that directory
   * @throws {PipekeepError} task_not_found, training_data_unavailable, and what {@linkcode TaskFiles.open} throws
   */
  async open(taskId: string, path: string): Promise<Download> {
    const files = await this.#filesOf(taskId);
    const file = await files.open(taskId, path);
    const { size, modifiedAt, inode } = file;
    return {
      name: path.slice(path.lastIndexOf("/") + 1),
      size,
      modifiedAt,
      version: [inode, size, modifiedAt].map((n) => n.toString(36)).join("-"),
      stream: (from, length) => fileStream(file, from, length),
      close: () => closeFile(file),
    };
  }

  /**
   * A page of what stands in the task's directory; see {@linkcode TaskFiles.list}.
   *
   * @throws {PipekeepError} task_not_found, training_data_unavailable, and what {@linkcode TaskFiles.list} throws
   */
  async list(taskId: string, request: ListRequest): Promise<FilePage> {
    const files = await this.#filesOf(taskId);
    return await files.list(taskId, request);
  }

  /**
   * A page of the task's log, newest first; see {@linkcode TaskFiles.tailLog}.
   *
   * @throws {PipekeepError} task_not_found, training_data_unavailable, and what {@linkcode TaskFiles.tailLog} throws
   */
  async tailLog(taskId: string, request: LogRequest): Promise<LogPage> {
    const files = await this.#filesOf(taskId);
    return await files.tailLog(taskId, request);
  }

  async #filesOf(taskId: string): Promise<TaskFiles> {
    assertTaskId(taskId);
    if (await findTask(this.#deps.database.kysely, taskId) === undefined) {
      throw new PipekeepError("task_not_found", `no task ${taskId}`, { task_id: taskId });
    }
    return this.#deps.availability.useFiles();
  }
}
