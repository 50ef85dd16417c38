/**
 * Disk space that is kept for the moment when none is left: a file of eight megabytes beside the database. A write that
 * finds the disk full gives it up and is tried again, so that a full disk can still be emptied through this program, and
 * what was deleted is remembered.
 *
 * It is made, and made again, in the background (`start`). Limitation: what is given up is anybody's; whoever fills the disk
 * faster than it is used here takes it.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { Repeater } from "./repeater.ts";

const log = getLogger(["pipekeep", "reserve"]);

const SIZE_BYTES = 8 * 1024 * 1024;
/** One call of the random source gives no more. */
const PIECE_BYTES = 64 * 1024;

export interface ReserveDependencies {
  /** Path of the database's file; nothing is made before {@linkcode Reserve.fill}. */
  database: string;
}

export interface ReserveOptions {
  /**
   * Milliseconds between two looks whether it is there in full.
   * @default 30000
   */
  interval_ms?: number;
}

export class Reserve {
  readonly #path: string;
  readonly #repeater: Repeater;
  #wasGivenUp = false;
  #isKnownShort = false;

  constructor(dependencies: ReserveDependencies, options: ReserveOptions = {}) {
    this.#path = reservePath(dependencies.database);
    this.#repeater = new Repeater({
      interval_ms: options.interval_ms ?? 30_000,
      run: () => this.fill(),
      onError: (error) => this.#complain(error),
    });
  }

  start(): void {
    this.#repeater.start();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /**
   * Frees the space. Returns whether there was any: then what failed for want of it is worth another try.
   *
   * @param device of the file system that is full; on another one the reserve would be given up for nothing
   */
  giveUp(device?: number): boolean {
    try {
      // Not `create`: a command that finds no reserve makes none.
      using file = Deno.openSync(this.#path, { write: true });
      const { size, dev } = file.statSync();
      if (size === 0 || (device !== undefined && device !== dev)) return false;
      this.#wasGivenUp = true;
      file.truncateSync(0);
      // Some file systems hand out freed blocks only after their journal has been written.
      file.syncSync();
      log.warn("the disk is full: the {size} bytes of {path} are given up", { size, path: this.#path });
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        log.error("the reserve {path} could not be given up: {error}", { path: this.#path, error });
      }
      return false;
    }
  }

  /**
   * Makes what is missing of it, as far as there is space. The first call after it was given up does nothing: what it was
   * given up for comes first.
   */
  async fill(): Promise<void> {
    if (this.#wasGivenUp) {
      this.#wasGivenUp = false;
      return;
    }
    // Appending: when somebody gives it up meanwhile, no hole comes of it.
    using file = await Deno.open(this.#path, { append: true, create: true, mode: 0o600 });
    let { size } = await file.stat();
    if (size >= SIZE_BYTES) return;
    const piece = new Uint8Array(PIECE_BYTES);
    while (size < SIZE_BYTES && !this.#wasGivenUp) {
      // A file system that compresses, or keeps equal blocks once, gives such bytes their full space.
      crypto.getRandomValues(piece);
      size += await file.write(piece.subarray(0, SIZE_BYTES - size));
    }
    if (this.#isKnownShort) log.info("the reserve {path} is made again", { path: this.#path });
    this.#isKnownShort = false;
  }

  #complain(error: unknown): void {
    if (this.#isKnownShort) return;
    this.#isKnownShort = true;
    log.warn("the reserve {path} is not there in full yet, it is tried again: {error}", {
      path: this.#path,
      error: (error as Error).message,
    });
  }
}

/** `pipekeep.db` → `pipekeep.reserve`, beside it. */
export function reservePath(database: string): string {
  return database.replace(/\.db$/, "") + ".reserve";
}
