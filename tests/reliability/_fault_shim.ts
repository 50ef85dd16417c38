/** Makes libc calls of a server under test fail, or kill it: the test's half of fault_shim.c. */
import assert from "node:assert/strict";

const SOURCE = new URL("./fault_shim.c", import.meta.url).pathname;

/** The functions, by what they do (unlinkat that removes a directory is an rmdir); in the order of fault_shim.c. */
export const CALLS = [
  "rename",
  "unlink",
  "rmdir",
  "fsync",
  "fdatasync",
  "write",
  "pwrite",
  "open",
  "readdir",
  "stat",
  "mkdir",
  "truncate",
] as const;
export type Call = typeof CALLS[number];

/** Those after which the disk is another than before. */
export const CHANGES: readonly Call[] = [
  "rename",
  "unlink",
  "rmdir",
  "fsync",
  "fdatasync",
  "write",
  "pwrite",
  "mkdir",
  "truncate",
];

/** errno, as Linux numbers them. */
export const ERRNO = { EIO: 5, EACCES: 13, EBUSY: 16, ENOSPC: 28, EROFS: 30 } as const;
export type Errno = keyof typeof ERRNO;

export interface Fault {
  calls: readonly Call[];
  /** Counts the calls of these kinds below `below`, from 1. */
  nth: number;
  /** What the call reports; "kill": the process dies in its place, as by `kill -9`. */
  error: Errno | "kill";
  /** Also each one after it, until {@linkcode FaultControl.lift}. */
  forever?: boolean;
  /** An absolute path; what begins with it is meant. */
  below: string;
}

const BYTES = 32 + 1024 + 1024;

/** The file through which a running server is told what shall fail. */
export class FaultControl implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    this.#file.truncateSync(BYTES);
  }

  /** What the server's environment has to hold. */
  get env(): Record<string, string> {
    return { LD_PRELOAD: compiledShim(), FAULT_CONTROL: this.#path };
  }

  /** Counts from here on. */
  arm({ calls, nth, error, forever = false, below }: Fault): void {
    this.lift();
    const bytes = new Uint8Array(BYTES);
    const fields = new DataView(bytes.buffer);
    const bits = calls.reduce((sum, call) => sum | (1 << CALLS.indexOf(call)), 0);
    [0, bits, nth, error === "kill" ? 0 : ERRNO[error], forever ? 1 : 0].forEach((value, i) =>
      fields.setInt32(4 * i, value, true)
    );
    const { written } = new TextEncoder().encodeInto(below, bytes.subarray(32, 32 + 1023));
    assert.ok(written < 1023 && below.startsWith("/"));
    this.#write(bytes);
    this.#write(new Uint8Array([1, 0, 0, 0]));
  }

  /** Nothing fails any more. */
  lift(): void {
    this.#write(new Uint8Array(4));
  }

  /** Calls seen, and how many of them failed, since it was armed; where the last failure was. */
  read(): { seen: number; come: number; hit: string } {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const bytes = new Uint8Array(BYTES);
    this.#file.readSync(bytes);
    const fields = new DataView(bytes.buffer);
    const hit = new TextDecoder().decode(bytes.subarray(32 + 1024)).split("\0")[0]!;
    return { seen: fields.getUint32(20, true), come: fields.getUint32(24, true), hit };
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #write(bytes: Uint8Array): void {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    assert.equal(this.#file.writeSync(bytes), bytes.length);
  }
}

let shim: string | undefined;

/** Compiles the shim once per process; it goes when the process ends. */
function compiledShim(): string {
  if (shim !== undefined) return shim;
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_shim_" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const path = `${folder}/fault_shim.so`;
  const { success, stderr } = new Deno.Command("gcc", {
    args: ["-shared", "-fPIC", "-O2", "-Wall", "-o", path, SOURCE, "-ldl"],
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return shim = path;
}

/** Why the shim cannot be used here, or undefined. */
export function noShim(): string | undefined {
  if (Deno.build.os !== "linux") return "the shim is for Linux";
  try {
    const { success } = new Deno.Command("gcc", { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync();
    return success ? undefined : "gcc does not run";
  } catch {
    return "there is no gcc";
  }
}
