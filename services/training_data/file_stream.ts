/** The bytes of an open file as a stream: read when somebody wants them, and not before. */
import { getLogger } from "@logtape/logtape";
import * as fs from "node:fs";
import { closeFile, type OpenFile } from "./open_file.ts";

const log = getLogger(["pipekeep", "files"]);

/** Read at once; what a slow reader has not taken is not read further. */
const BLOCK_BYTES = 256 * 1024;

/**
 * `length` bytes of the file from `from` on. Closes the file at its end, at a failure and when the reader goes away.
 *
 * A deletion neither waits for it nor disturbs it: an open file keeps its bytes. A file that somebody cuts shorter
 * meanwhile ends the stream with an error, never with fewer bytes than it promised; what somebody writes into it
 * meanwhile may or may not be in it.
 */
export function fileStream(file: OpenFile, from: number, length: number): ReadableStream<Uint8Array> {
  let position = from;
  let remaining = length;
  let isClosed = false;
  let reading: Promise<unknown> = Promise.resolve();
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    closeFile(file);
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (remaining > 0) {
        try {
          const read = readAt(file.fd, position, Math.min(BLOCK_BYTES, remaining));
          reading = read.catch(() => {});
          const bytes = await read;
          if (isClosed) return;
          if (bytes.length === 0) throw new Error("it became shorter while it was read");
          position += bytes.length;
          remaining -= bytes.length;
          controller.enqueue(bytes);
        } catch (error) {
          if (isClosed) return;
          close();
          log.warn("a file could not be sent to its end: {error}", { error: (error as Error).message });
          throw withoutStack(error as Error);
        }
      }
      if (remaining > 0) return;
      close();
      controller.close();
    },
    async cancel() {
      // Its number may be another file's as soon as it is closed.
      await reading;
      close();
    },
  }, { highWaterMark: 0 });
}

/** The runtime prints what ends an answer; one line is enough. */
function withoutStack(error: Error): Error {
  error.stack = "";
  return error;
}

function readAt(fd: number, position: number, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const buffer = new Uint8Array(length);
    fs.read(fd, buffer, 0, length, position, (error, bytesRead) => {
      if (error) reject(error);
      else resolve(buffer.subarray(0, bytesRead));
    });
  });
}
