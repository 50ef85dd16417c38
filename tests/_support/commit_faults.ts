/** Commits that report an error, at a moment that the test chooses. */
import type { CommitFault } from "../../db/dialects/sqlite/sqlite.ts";

export class CommitFaults {
  #fault: ReturnType<CommitFault>;
  #left = 0;
  #commits = 0;

  /** What `AppSeams.commitFault` and `openDatabase` take. */
  readonly seam: CommitFault = () => {
    this.#commits++;
    if (this.#left === 0 || --this.#left > 0) return undefined;
    return this.#fault;
  };

  /** How many commits there were since the last `arm`. */
  get commits(): number {
    return this.#commits;
  }

  /** Whether the fault has not come yet. */
  get isArmed(): boolean {
    return this.#left > 0;
  }

  /** Makes the n-th commit from now on report an error, once. */
  arm(fault: "stands" | "lost", nth = 1): void {
    this.#fault = fault;
    this.#left = nth;
    this.#commits = 0;
  }
}
