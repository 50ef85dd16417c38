/** Runs one thing again and again: never twice at once, and `stop` waits for the run under way. */
export class Repeater {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

  constructor(
    private readonly interval_ms: number,
    private readonly run: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

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
    this.#running = this.run().catch(this.onError).then(() => {
      if (!this.#stopped) this.#timer = setTimeout(() => this.#tick(), this.interval_ms);
    });
  }
}
