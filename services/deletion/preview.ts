/** A dry run: what a deletion would do, measured exactly in place. Changes nothing, logs nothing. */
import type { Database } from "../../db/dialects/sqlite/sqlite.ts";
import type { Availability } from "../training_data/availability.ts";
import { examine } from "./claim.ts";
import { deleted, type DeletionOptions, judge, type TaskOutcome } from "./outcome.ts";

export class DeletionPreview {
  constructor(
    private readonly database: Database,
    private readonly availability: Availability,
    private readonly retention_ms: number,
    private readonly clock: () => number,
  ) {}

  /**
   * The outcomes that a deletion of `taskIds` (no duplicates) would have now, with `directory_deleted` and
   * `database_records_deleted` false throughout.
   *
   * @throws {PipekeepError} training_data_unavailable
   */
  async of(taskIds: readonly string[], options: DeletionOptions): Promise<TaskOutcome[]> {
    const trainingData = this.availability.use();
    const items = await examine(this.database.kysely, trainingData, taskIds, options);
    const directories = items.filter((item) => item.outcome === undefined && item.directory);
    const surveys = await trainingData.measureInPlace(directories.map((item) => item.task_id));
    directories.forEach((item, i) => judge(item, surveys[i]!));
    const failure = items.findIndex((item) => item.outcome !== undefined);
    return items.map((item, i): TaskOutcome => {
      if (!options.continue_on_error && failure >= 0 && i > failure) {
        return { outcome: "skipped", task_id: item.task_id };
      }
      return item.outcome ?? {
        ...deleted(item, this.clock()),
        directory_deleted: false,
        database_records_deleted: false,
        in_trash: item.directory && this.retention_ms > 0,
      };
    });
  }
}
