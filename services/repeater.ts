import { assertTimer } from "../domain/duration.ts";

export interface RepeaterDependencies {
  /** Milliseconds between the end of a run and the beginning of the next. */
  interval_ms: number;
  run: () => Promise<void>;
  /** Gets what a run throws; the next one comes all the same. */
  onError: (error: unknown) => void;
}

/** Runs one thing again and again: never twice at once, and `stop` waits for the run under way. */
export class Repeater {
  readonly #deps: RepeaterDependencies;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

  /** @throws {RangeError} on an interval that no timer can wait */
  constructor(dependencies: RepeaterDependencies) {
    assertTimer("interval_ms", dependencies.interval_ms, 1);
    this.#deps = dependencies;
  }

  /** Starts with a run at once. */
  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#tick();
  }

  /** Idempotent. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #tick(): void {
    const { interval_ms, run, onError } = this.#deps;
    this.#running = run().catch(onError).then(() => {
      if (!this.#stopped) this.#timer = setTimeout(() => this.#tick(), interval_ms);
    });
  }
}
