/**
 * Whether training_data may be worked on: the brakes of a start that found it missing, emptied or exchanged, and of one that is
 * exchanged while the program runs (api.md 1.4).
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { PipekeepError } from "../../domain/errors.ts";
import type { TaskFiles } from "./task_files.ts";
import type { TrainingData } from "./training_data.ts";

const log = getLogger(["pipekeep", "training_data"]);

const REPLACED = "training_data is not the directory it was at the start";

/** What a start found. */
export type AvailabilityState = { trainingData: TrainingData; files: TaskFiles } | { reason: string };

export class Availability {
  readonly #trainingData: TrainingData | undefined;
  readonly #files: TaskFiles | undefined;
  readonly #braked: string | undefined;
  #wasInPlace = true;

  constructor(state: AvailabilityState) {
    if ("trainingData" in state) {
      this.#trainingData = state.trainingData;
      this.#files = state.files;
    } else this.#braked = state.reason;
  }

  /** Why it may not be worked on now, or undefined: what the start found, or a mount that came or went since. */
  get reason(): string | undefined {
    if (this.#trainingData === undefined) return this.#braked;
    const isInPlace = this.#trainingData.isInPlace();
    if (isInPlace !== this.#wasInPlace) this.#tell(isInPlace);
    this.#wasInPlace = isInPlace;
    return isInPlace ? undefined : REPLACED;
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

  #tell(isInPlace: boolean): void {
    if (isInPlace) log.warn("training_data is in its place again: deletions work");
    else {
      log.error(
        "{reason} (a mount that came or went, a link that leads elsewhere, another directory in its place?): " +
          "nothing is marked, and deletions answer 503 until it is back",
        { reason: REPLACED },
      );
    }
  }

  close(): void {
    this.#files?.close();
    this.#trainingData?.close();
  }
}
