/** The Worker that lists directories and reads logs off the main thread: it does what it is told and changes nothing. */
import { PipekeepError } from "../../domain/errors.ts";
import { byLibc, byRuntime, type DirectoryReader } from "./directory_reader.ts";
import { listFiles } from "./file_list.ts";
import { Libc } from "./libc.ts";
import { isIntact } from "./link_free.ts";
import { type LogPage, tailLog } from "./log_tail.ts";
import { closeFile, LinksGone, openFile } from "./open_file.ts";
import type { TreeOpening } from "./tree_pool.ts";
import type { ReadFailure, ReadReply, ReadRequest, ReadWork, TaskReaderReady } from "./task_reader.ts";

/** Where a pipeline writes its log, in its task's directory. */
const LOG_FILE = "data_pipeline.log";

let readDirectory: DirectoryReader = byRuntime;

function openLibc(libraries: readonly string[]): TaskReaderReady {
  try {
    readDirectory = byLibc(Libc.open(libraries));
    return { form: "libc" };
  } catch {
    // What the tree Workers warn of as well.
    return { form: "runtime" };
  }
}

function carryOut(work: ReadWork): unknown {
  const { linkFree, taskId } = work;
  if (work.operation === "tail") return readLog(work);
  const value = listFiles(readDirectory, linkFree, taskId, work.request);
  if (!isIntact(linkFree)) throw new LinksGone();
  return value;
}

/** A task that has no log yet has an empty one. */
function readLog({ linkFree, taskId, request }: ReadWork & { operation: "tail" }): LogPage {
  let file;
  try {
    file = openFile(linkFree, taskId, LOG_FILE);
  } catch (error) {
    if (error instanceof PipekeepError && error.code === "file_not_found") {
      return { entries: [], next: undefined };
    }
    throw error;
  }
  try {
    return tailLog(file, request);
  } finally {
    closeFile(file);
  }
}

function failureOf(error: unknown): ReadFailure {
  const { name, message } = error as Error;
  if (!(error instanceof PipekeepError)) return { name, message };
  return { name, message, code: error.code, details: error.details };
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<TreeOpening | ReadRequest>) => void;
  postMessage(message: ReadReply | TaskReaderReady): void;
};

scope.onmessage = ({ data }) => {
  if ("libraries" in data) return scope.postMessage(openLibc(data.libraries));
  const { id, work } = data;
  try {
    scope.postMessage({ id, value: carryOut(work) });
  } catch (error) {
    scope.postMessage({ id, failure: failureOf(error) });
  }
};
