/** The Worker that lists directories and reads logs off the main thread: it does what it is told and changes nothing. */
import { PipekeepError } from "../../domain/errors.ts";
import { listFiles } from "./file_list.ts";
import { isIntact } from "./link_free.ts";
import { LinksGone } from "./open_file.ts";
import type { ReadFailure, ReadReply, ReadRequest } from "./task_reader.ts";

function carryOut(request: ReadRequest): unknown {
  const { linkFree, taskId } = request;
  const value = listFiles(linkFree, taskId, request.list);
  if (!isIntact(linkFree)) throw new LinksGone();
  return value;
}

function failureOf(error: unknown): ReadFailure {
  const { name, message } = error as Error;
  if (!(error instanceof PipekeepError)) return { name, message };
  return { name, message, code: error.code, details: error.details };
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ReadRequest>) => void;
  postMessage(message: ReadReply): void;
};

scope.onmessage = ({ data: request }) => {
  const { id } = request;
  try {
    scope.postMessage({ id, value: carryOut(request) });
  } catch (error) {
    scope.postMessage({ id, failure: failureOf(error) });
  }
};
