/**
 * Lists and logs, read in a Worker of their own: a directory of 300,000 files keeps no other requests waiting. What is
 * asked meanwhile waits its turn. A Worker that has libc stays, since it cannot be had again; another one starts when
 * somebody asks, and ends when nobody did for a while.
 *
 * @module
 */
import { type ErrorCode, type ErrorDetails, PipekeepError } from "../../domain/errors.ts";
import type { FilePage, ListRequest } from "./file_list.ts";
import type { LinkFreeRoot } from "./link_free.ts";
import { LIBRARIES } from "./libc.ts";
import type { LogPage, LogRequest } from "./log_tail.ts";
import { LinksGone } from "./open_file.ts";
import type { TreeOpening } from "./tree_pool.ts";
import type { WalkForm } from "./tree_walk.ts";

interface Place {
  linkFree: LinkFreeRoot;
  taskId: string;
}

export type ReadWork =
  | Place & { operation: "list"; request: ListRequest }
  | Place & { operation: "tail"; request: LogRequest };

/** What the Worker is sent. */
export interface ReadRequest {
  id: number;
  work: ReadWork;
}

export interface ReadFailure {
  name: string;
  message: string;
  /** Of a {@linkcode PipekeepError}. */
  code?: ErrorCode;
  details?: ErrorDetails;
}

/** What the Worker answers first. */
export interface TaskReaderReady {
  form: WalkForm;
}

/** What the Worker answers then. */
export type ReadReply = { id: number; value: unknown } | { id: number; failure: ReadFailure };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** After this long without a request a Worker without libc ends, and its memory with it. */
const IDLE_MS = 30_000;

export interface TaskReaderOptions {
  /**
   * Where libc lies; none: directories are read by the runtime.
   * @default LIBRARIES
   */
  libraries?: readonly string[];
}

export class TaskReader {
  #worker: Worker | undefined;
  #form: WalkForm = "runtime";
  #ready = Promise.withResolvers<void>();
  #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  readonly #libraries: readonly string[];

  constructor(options: TaskReaderOptions = {}) {
    this.#libraries = options.libraries ?? LIBRARIES;
  }

  /** Resolves when the Worker has opened libc, or cannot: from then on it does not need the permission. */
  async warm(): Promise<void> {
    this.#worker ??= this.#start();
    await this.#ready.promise;
  }

  /** See {@linkcode listFiles}. */
  async list(linkFree: LinkFreeRoot, taskId: string, request: ListRequest): Promise<FilePage> {
    return await this.#ask({ operation: "list", linkFree, taskId, request }) as FilePage;
  }

  /** See {@linkcode tailLog}. */
  async tail(linkFree: LinkFreeRoot, taskId: string, request: LogRequest): Promise<LogPage> {
    return await this.#ask({ operation: "tail", linkFree, taskId, request }) as LogPage;
  }

  /** Idempotent. Whoever waits gets an error. */
  close(): void {
    clearTimeout(this.#idle);
    this.#end(new Error("the program is stopping"));
  }

  #ask(work: ReadWork): Promise<unknown> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker!.postMessage({ id, work } satisfies ReadRequest);
    });
  }

  #start(): Worker {
    // Bundled into one file, the Worker stands beside it as JavaScript.
    const file = import.meta.url.endsWith(".ts") ? "./task_reader_worker.ts" : "./task_reader_worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<ReadReply | TaskReaderReady>) => {
      if (!("form" in data)) return this.#take(data);
      this.#form = data.form;
      this.#ready.resolve();
    };
    worker.postMessage({ libraries: this.#libraries } satisfies TreeOpening);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Error(`the reading Worker died: ${event.message}`));
    };
    return worker;
  }

  #take(reply: ReadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("value" in reply) waiting?.resolve(reply.value);
    else waiting?.reject(errorOf(reply.failure));
    if (this.#waiting.size > 0 || this.#form === "libc") return;
    this.#idle = setTimeout(() => this.close(), IDLE_MS);
    Deno.unrefTimer(this.#idle as unknown as number);
  }

  #end(reason: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#form = "runtime";
    this.#ready.resolve();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

function errorOf({ name, message, code, details }: ReadFailure): Error {
  if (code !== undefined) return new PipekeepError(code, message, details);
  if (name === "LinksGone") return new LinksGone();
  return Object.assign(new Error(message), { name });
}
