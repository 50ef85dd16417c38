/** Whether training_data may be worked on: the brakes of a start that found it missing, emptied or swapped (api.md 1.4). */
import { PipekeepError } from "../../domain/errors.ts";
import type { TaskFiles } from "./task_files.ts";
import type { TrainingData } from "./training_data.ts";

const REPLACED = "training_data is not the directory it was at the start";

export class Availability {
  readonly #trainingData: TrainingData | undefined;
  readonly #files: TaskFiles | undefined;
  readonly #braked: string | undefined;

  constructor(state: { trainingData: TrainingData; files: TaskFiles } | { reason: string }) {
    if ("trainingData" in state) {
      this.#trainingData = state.trainingData;
      this.#files = state.files;
    } else this.#braked = state.reason;
  }

  /** Why it may not be worked on now, or undefined: what the start found, or a mount that came or went since. */
  get reason(): string | undefined {
    if (this.#trainingData === undefined) return this.#braked;
    return this.#trainingData.isInPlace() ? undefined : REPLACED;
  }

  /**
   * The directory, to work on now.
   *
   * @throws {PipekeepError} training_data_unavailable, also when a mount came or went since the start
   */
  use(): TrainingData {
    const { reason } = this;
    if (this.#trainingData === undefined || reason !== undefined) {
      throw new PipekeepError("training_data_unavailable", reason ?? "");
    }
    return this.#trainingData;
  }

  /**
   * The files in it, to read now.
   *
   * @throws {PipekeepError} training_data_unavailable
   */
  useFiles(): TaskFiles {
    this.use();
    return this.#files!;
  }

  close(): void {
    this.#files?.close();
    this.#trainingData?.close();
  }
}
