/** Reads what stands in task directories, on behalf of somebody who asked for it by name. Changes nothing. */
import { assertFilePath } from "../../domain/file_path.ts";
import { assertTaskId } from "../../domain/task_id.ts";
import type { FilePage, ListRequest } from "./file_list.ts";
import { type LinkFreeRoot, makeLinkFreeRoot, removeLinkFreeRoot } from "./link_free.ts";
import type { LogPage, LogRequest } from "./log_tail.ts";
import { LinksGone, type OpenFile, openFile } from "./open_file.ts";
import { TaskReader } from "./task_reader.ts";

export interface TaskFilesDependencies {
  /** The real path of training_data. */
  root: string;
  /** Its file system. */
  device: number;
  /**
   * The folder in which the folder of links is made.
   * @default the system's
   */
  temporary?: string;
  /** See {@linkcode TaskReader}. */
  libraries?: readonly string[];
}

export class TaskFiles {
  #linkFree: LinkFreeRoot | undefined;
  readonly #deps: TaskFilesDependencies;
  readonly #reader: TaskReader;

  constructor(dependencies: TaskFilesDependencies) {
    this.#deps = dependencies;
    this.#reader = new TaskReader({ libraries: dependencies.libraries });
  }

  /**
   * Opens a regular file of the task. The caller closes it; {@linkcode fileStream} does.
   *
   * @param path relative to the task's directory
   * @throws {PipekeepError} invalid_task_id, invalid_file_path, task_directory_gone, path_forbidden, file_not_found,
   * file_forbidden, file_unreadable
   */
  async open(taskId: string, path: string): Promise<OpenFile> {
    assertTaskId(taskId);
    assertFilePath(path);
    return await this.#withLinks((linkFree) => openFile(linkFree, taskId, path));
  }

  /**
   * A page of what stands in the task's directory, at any depth; directories themselves are not listed.
   *
   * @throws {PipekeepError} invalid_task_id, invalid_file_path (of the position), task_directory_gone, path_forbidden,
   * file_unreadable
   */
  async list(taskId: string, request: ListRequest): Promise<FilePage> {
    assertTaskId(taskId);
    if (request.after !== undefined) assertFilePath(request.after.path);
    return await this.#withLinks((linkFree) => this.#reader.list(linkFree, taskId, request));
  }

  /**
   * A page of the task's log, newest entries first; empty when there is none.
   *
   * @throws {PipekeepError} as {@linkcode TaskFiles.open}, but file_not_found: file_forbidden, when the log is a link,
   * a directory, a FIFO
   */
  async tailLog(taskId: string, request: LogRequest): Promise<LogPage> {
    assertTaskId(taskId);
    return await this.#withLinks((linkFree) => this.#reader.tail(linkFree, taskId, request));
  }

  /** Resolves when nobody here needs the permission for libc any more. */
  async warm(): Promise<void> {
    await this.#reader.warm();
  }

  /** Idempotent. Files that are open stay open. */
  close(): void {
    this.#reader.close();
    if (this.#linkFree !== undefined) removeLinkFreeRoot(this.#linkFree);
    this.#linkFree = undefined;
  }

  #makeLinkFree(): LinkFreeRoot {
    const { root, device, temporary } = this.#deps;
    return makeLinkFreeRoot(root, device, temporary);
  }

  /** Somebody may tidy up the temporary folder; then the links are made again. */
  async #withLinks<Result>(look: (linkFree: LinkFreeRoot) => Result | Promise<Result>): Promise<Result> {
    const linkFree = this.#linkFree ??= this.#makeLinkFree();
    try {
      return await look(linkFree);
    } catch (error) {
      if (!(error instanceof LinksGone)) throw error;
      if (this.#linkFree === linkFree) this.#linkFree = this.#makeLinkFree();
      return await look(this.#linkFree!);
    }
  }
}
