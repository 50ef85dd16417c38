/** Whether training_data may be worked on: the brakes of a start that found it missing, emptied or swapped (api.md 1.4). */
import { PipekeepError } from "./errors.ts";
import type { TrainingData } from "./training_data.ts";

export class Availability {
  readonly #trainingData: TrainingData | undefined;
  /** Why it may not be worked on, as of the start. */
  readonly reason: string | undefined;

  constructor(state: { trainingData: TrainingData } | { reason: string }) {
    if ("trainingData" in state) this.#trainingData = state.trainingData;
    else this.reason = state.reason;
  }

  /**
   * The directory, to work on now.
   *
   * @throws {PipekeepError} training_data_unavailable, also when a mount came or went since the start
   */
  use(): TrainingData {
    if (this.#trainingData === undefined) {
      throw new PipekeepError("training_data_unavailable", this.reason ?? "");
    }
    if (!this.#trainingData.isInPlace()) {
      throw new PipekeepError(
        "training_data_unavailable",
        "training_data is not the directory it was at the start",
      );
    }
    return this.#trainingData;
  }

  close(): void {
    this.#trainingData?.close();
  }
}
