/** Whether somebody reads right now. Deletions take all cores when nobody is, and give way when somebody is. */

/** Reads that come closer together than this are one visit. */
const VISIT_MS = 100;

export class Traffic {
  #last = -Infinity;

  /** Somebody reads. */
  note(): void {
    this.#last = performance.now();
  }

  isBusy(): boolean {
    return performance.now() - this.#last < VISIT_MS;
  }
}
