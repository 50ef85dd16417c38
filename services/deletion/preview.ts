/** A dry run: what a deletion would do, measured exactly in place. Changes nothing, logs nothing. */
import type { Database } from "../../db/database.ts";
import type { Availability } from "../training_data/availability.ts";
import { examine, lookAt, outcomeWithoutDirectory } from "./claim.ts";
import { deleted, type DeletionOptions, failed, skipped, type TaskOutcome } from "./outcome.ts";

export interface DeletionPreviewDependencies {
  database: Database;
  availability: Availability;
  /** As in {@linkcode DeletionDependencies}. */
  retention_ms: number;
  clock: () => number;
}

export class DeletionPreview {
  readonly #deps: DeletionPreviewDependencies;

  constructor(dependencies: DeletionPreviewDependencies) {
    this.#deps = dependencies;
  }

  /**
   * The outcomes that a deletion of `taskIds` (no duplicates) would have now, with `directory_deleted` and
   * `database_records_deleted` false throughout.
   *
   * @throws {PipekeepError} training_data_unavailable
   */
  async of(taskIds: readonly string[], options: DeletionOptions): Promise<TaskOutcome[]> {
    const trainingData = this.#deps.availability.use();
    const looks = lookAt(trainingData, taskIds);
    const examined = await examine(this.#deps.database.kysely, looks, taskIds, {
      ...options,
      volume_id: trainingData.volumeId,
    });
    const present = examined.filter((found) => !("refused" in found) && found.kind === "directory");
    const surveys = await trainingData.measureInPlace(present.map((found) => found.task_id));
    const surveyOf = new Map(present.map((found, i) => [found.task_id, surveys[i]!]));
    const outcomes = examined.map((found): TaskOutcome => {
      if ("refused" in found) return found.refused;
      const survey = surveyOf.get(found.task_id);
      if (survey === undefined) return this.#planned(outcomeWithoutDirectory(found, this.#deps.clock()));
      if (survey.error !== undefined) return failed(found.task_id, "storage_failed");
      const { obstacle } = survey.value;
      if (obstacle !== null) return failed(found.task_id, obstacle);
      return this.#planned(deleted(found, survey.value, this.#deps.clock(), {
        in_trash: this.#deps.retention_ms > 0,
      }));
    });
    if (options.continue_on_error) return outcomes;
    const failure = outcomes.findIndex((outcome) => outcome.outcome === "failed");
    return outcomes.map((outcome, i) => failure >= 0 && i > failure ? skipped(outcome.task_id) : outcome);
  }

  #planned(outcome: TaskOutcome): TaskOutcome {
    return outcome.outcome === "deleted"
      ? { ...outcome, directory_deleted: false, database_records_deleted: false }
      : outcome;
  }
}
