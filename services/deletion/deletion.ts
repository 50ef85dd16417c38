/**
 * The deletion protocol, for one task as for a thousand: a list is cut into chunks, and each step below is one
 * transaction, or one round of the Workers, per chunk.
 *
 * 1. claim   in one transaction: check the state, write an intent row per directory
 * 2. move    rename each directory into the trash, sync both parents: out of sight, whole, still restorable
 * 3. survey  measure exactly, and find out whether all of it can be removed; if not, put it back
 * 4. record  in one transaction: mark or delete the records, intent → trashed with what was measured
 * 5. purge   remove the trees, see that they are gone
 * 6. finish  in one transaction: trashed → purged
 *
 * A crash before 4 leaves intents: where the directory is still in place nothing happened, where it is in the trash
 * leftovers.ts goes on with 3. A crash after 4 leaves rows in `trashed`: leftovers.ts goes on with 5, and the numbers
 * are those of 3. A database that cannot be written in 1 or 4 leaves the directory in place.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import {
  findStuck,
  insertDeletions,
  markEnded,
  markTrashed,
  recordMeasured,
} from "../../db/queries/deletions.ts";
import {
  deleteRecords,
  type Executor,
  markDirectoriesGone,
  markDirectoriesPresent,
} from "../../db/queries/pipeline_tasks.ts";
import type { DeletionRow } from "../../db/schema.ts";
import type { Database } from "../../db/dialects/sqlite/sqlite.ts";
import type { Availability } from "../training_data/availability.ts";
import { examine } from "./claim.ts";
import { finishPurges, markStranded } from "./finish.ts";
import { purgeLeftovers } from "./recover.ts";
import type { OwedChanges } from "./deferred_writes.ts";
import {
  deleted,
  type DeletionItem,
  type DeletionOptions,
  failed,
  failedItem,
  judge,
  measuredOf,
  type Origin,
  rowOf,
  type TaskOutcome,
} from "./outcome.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { isTaskId } from "../../domain/task_id.ts";
import type { TrainingData } from "../training_data/training_data.ts";
import { PoolClosed } from "../training_data/tree_pool.ts";

const log = getLogger(["pipekeep", "deletion"]);

/** Tasks per chunk: few transactions for a batch, and none that holds up the server. */
const CHUNK = 200;

/** Points of the protocol that a test can stop at. */
export type DeletionStep = "claimed" | "moved" | "synced" | "surveyed" | "recorded" | "purged" | "finished";

export interface DeletionDependencies {
  database: Database;
  availability: Availability;
  /** How long deleted directories wait in the trash, in milliseconds; 0: purged at once. */
  retention_ms: number;
  owed: OwedChanges;
  clock: () => number;
  ids: () => string;
  /** Told of each step as it is reached. */
  observe?: (step: DeletionStep) => void;
}

export interface DeletionRun {
  /** Stops between two chunks; what was not attempted comes back as skipped. */
  signal?: AbortSignal;
  /** Told of each chunk's outcomes once they are final. */
  onOutcomes?: (outcomes: readonly TaskOutcome[]) => void | Promise<void>;
  /** One task after the other, in order: for work that must be resumable and stoppable between any two. */
  one_by_one?: boolean;
  /** Which of these tasks are meant still, asked as each is claimed; the others are skipped. */
  select?: (trx: Executor, taskIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

export class Deletion {
  readonly #deps: DeletionDependencies;
  readonly #owed: OwedChanges;

  constructor(dependencies: DeletionDependencies) {
    this.#deps = dependencies;
    this.#owed = dependencies.owed;
  }

  /**
   * Deletes the directories of `taskIds` (no duplicates) and returns one outcome per id, in their order. What is no
   * task id fails like anything else.
   *
   * @throws {PipekeepError} training_data_unavailable
   * @throws {PipekeepError} storage_failed, when the database refused and nothing was deleted; where something was, the
   * tasks it refused fail with that code
   */
  async delete(
    taskIds: readonly string[],
    options: DeletionOptions,
    origin: Origin,
    run: DeletionRun = {},
  ): Promise<TaskOutcome[]> {
    const trainingData = this.#deps.availability.use();
    const outcomes = new Map<string, TaskOutcome>();
    const settle = async (items: readonly DeletionItem[]) => {
      for (const item of items) outcomes.set(item.task_id, item.outcome!);
      await run.onOutcomes?.(items.map((item) => item.outcome!));
    };
    const running: Promise<void>[] = [];
    const inOrder = run.one_by_one || !options.continue_on_error;
    let refusal: unknown;
    for (const chunk of chunksOf(taskIds, inOrder ? 1 : CHUNK)) {
      if (run.signal?.aborted) break;
      let items: DeletionItem[];
      try {
        items = await this.#takeOut(trainingData, chunk, options, origin, run.select);
      } catch (error) {
        // The program stops: what was not done was not attempted, and the next start settles it.
        if (error instanceof PoolClosed) throw error;
        log.error("deletion refused by the database: {error}", { error });
        refusal ??= error;
        items = chunk.map((id) => failedItem(id, "storage_failed"));
      }
      // The next chunk is taken out while this one is purged.
      const purged = this.#purge(trainingData, items).then(() => settle(items));
      // It is awaited below; until then its failure (the program is stopping) is nobody's unhandled rejection.
      purged.catch(() => {});
      running.push(purged);
      if (running.length > 1 || inOrder) await running.shift();
      if (!options.continue_on_error && items.some((item) => item.outcome?.outcome === "failed")) break;
    }
    await Promise.all(running);
    if (refusal !== undefined && ![...outcomes.values()].some((o) => o.outcome === "deleted")) {
      throw new PipekeepError("storage_failed", "the database could not be written", {}, refusal);
    }
    return taskIds.map((task_id) => outcomes.get(task_id) ?? { outcome: "skipped", task_id });
  }

  /** Steps 1 to 4. Items come back with an outcome, except those that are in the trash now and recorded so. */
  async #takeOut(
    trainingData: TrainingData,
    taskIds: readonly string[],
    options: DeletionOptions,
    origin: Origin,
    select: DeletionRun["select"],
  ): Promise<DeletionItem[]> {
    const items = await this.#claim(trainingData, taskIds, options, origin, select);
    try {
      this.#move(trainingData, items);
      await trainingData.sync();
      this.#deps.observe?.("synced");
      const moved = items.filter((item) => item.moved);
      const surveys = await trainingData.measureTrash(moved.map((item) => item.deletion_id));
      moved.forEach((item, i) => judge(item, surveys[i]!));
      const refused = items.filter((item) => item.moved && item.outcome);
      if (refused.length > 0) await this.#putBack(trainingData, refused);
      this.#deps.observe?.("surveyed");
      await this.#record(items, options);
      this.#deps.observe?.("recorded");
    } catch (error) {
      await this.#putBack(trainingData, items.filter((item) => item.moved));
      await this.#owed.settle(async (trx) => {
        for (const item of items) {
          if (item.intent && !item.moved) await this.#release(trx, item.deletion_id);
        }
      });
      throw error;
    }
    return items;
  }

  async #claim(
    trainingData: TrainingData,
    taskIds: readonly string[],
    options: DeletionOptions,
    origin: Origin,
    select: DeletionRun["select"],
  ): Promise<DeletionItem[]> {
    await this.#owed.make();
    const resumed = await this.#resume(trainingData, taskIds);
    const now = this.#deps.clock();
    const items = await this.#deps.database.kysely.transaction().execute(async (trx) => {
      const items = await examine(trx, trainingData, taskIds, options, resumed);
      const meant = await select?.(trx, taskIds);
      const records: string[] = [];
      for (const item of items) {
        item.deletion_id = this.#deps.ids();
        if (meant?.has(item.task_id) === false) item.outcome = { outcome: "skipped", task_id: item.task_id };
        if (item.outcome !== undefined) continue;
        if (item.directory) item.intent = true;
        else {
          item.outcome = deleted(item, now);
          records.push(item.task_id);
        }
      }
      if (options.delete_database_records) await deleteRecords(trx, records);
      else await markDirectoriesGone(trx, records, now, { onlyNews: true });
      await insertDeletions(
        trx,
        items.filter(isAttempt).map((item) => rowOf(item, options, origin, now)),
      );
      return items;
    });
    this.#deps.observe?.("claimed");
    return items;
  }

  /** Tries again what resisted an earlier deletion of these tasks: no answer says that all is gone while bytes are there. */
  async #resume(
    trainingData: TrainingData,
    taskIds: readonly string[],
  ): Promise<Map<string, DeletionRow[]>> {
    const { database, clock } = this.#deps;
    const stuck = await findStuck(database.kysely, taskIds.filter(isTaskId));
    if (stuck.size === 0) return stuck;
    await purgeLeftovers(database, trainingData, [...stuck.values()].flat(), clock);
    const left = await findStuck(database.kysely, [...stuck.keys()]);
    for (const taskId of left.keys()) stuck.delete(taskId);
    return stuck;
  }

  #move(trainingData: TrainingData, items: readonly DeletionItem[]): void {
    for (const item of items) {
      if (!item.intent) continue;
      try {
        trainingData.moveToTrash(item.task_id, item.deletion_id);
        item.moved = true;
        this.#deps.observe?.("moved");
      } catch (error) {
        item.outcome = failed(item.task_id, error);
      }
    }
  }

  /**
   * Undoes renames. What cannot be put back stays whole in the trash, is marked so and never purged. A sync that fails
   * costs nothing but certainty: a power cut may undo the undoing, and the next start puts it back again.
   */
  async #putBack(trainingData: TrainingData, items: readonly DeletionItem[]): Promise<void> {
    if (items.length === 0) return;
    for (const item of items) {
      try {
        trainingData.restore(item.deletion_id, item.task_id);
        item.moved = false;
      } catch (error) {
        const { task_id, deletion_id } = item;
        log.error("{task_id} stays whole in the trash as {deletion_id}, it could not be put back: {error}", {
          task_id,
          deletion_id,
          error,
        });
      }
    }
    const stranded = items.filter((item) => item.moved);
    if (stranded.length > 0) {
      await this.#owed.settle(async (trx) => {
        for (const { deletion_id } of stranded) await markStranded(trx, deletion_id, this.#deps.clock());
      });
    }
    try {
      await trainingData.sync();
    } catch (error) {
      log.error("what was put back could not be synced: {error}", { error });
    }
  }

  async #record(items: readonly DeletionItem[], options: DeletionOptions): Promise<void> {
    const now = this.#deps.clock();
    const { retention_ms } = this.#deps;
    const claimed = items.filter((item) => item.intent);
    if (claimed.length === 0) return;
    const gone = claimed.filter((item) => item.moved && item.outcome === undefined);
    await this.#deps.database.kysely.transaction().execute(async (trx) => {
      const taskIds = gone.map((item) => item.task_id);
      const deletionIds = gone.map((item) => item.deletion_id);
      if (options.delete_database_records) await deleteRecords(trx, taskIds);
      else await markDirectoriesGone(trx, taskIds, now);
      await markTrashed(trx, deletionIds, now, retention_ms > 0 ? now + retention_ms : null);
      await recordMeasured(trx, gone.map(measuredOf));
      for (const item of claimed) {
        if (item.outcome?.outcome === "failed" && !item.moved) {
          await markEnded(trx, item.deletion_id, "failed", now, item.outcome.code, null);
        }
      }
    });
    if (retention_ms > 0) {
      for (const item of gone) {
        item.outcome = { ...deleted(item, now), in_trash: true };
      }
    }
  }

  /** Steps 5 and 6 for the items that have no outcome yet. Never throws: by now the deletion stands. */
  async #purge(trainingData: TrainingData, items: readonly DeletionItem[]): Promise<void> {
    const gone = items.filter((item) => item.moved && item.outcome === undefined);
    if (gone.length === 0) return;
    const failures = await trainingData.purge(gone.map((item) => item.deletion_id));
    this.#deps.observe?.("purged");
    const now = this.#deps.clock();
    gone.forEach((item, i) => {
      item.outcome = failures[i] === null
        ? deleted(item, now)
        : { outcome: "failed", task_id: item.task_id, code: "purge_incomplete" };
    });
    const reborn = gone.filter((item) => isThere(trainingData, item.task_id));
    const finish = async (trx: Executor) => {
      await finishPurges(trx, gone.map((item) => item.deletion_id), failures, now);
      await markDirectoriesPresent(trx, reborn.map((item) => item.task_id), now);
    };
    await this.#owed.settle(finish);
    this.#deps.observe?.("finished");
  }

  #release(trx: Executor, deletionId: string): Promise<void> {
    const why = "the database could not be written";
    return markEnded(trx, deletionId, "released", this.#deps.clock(), null, why);
  }
}

/** Whether the log gets a row: what is no task id was refused before anything was looked at. */
function isAttempt({ outcome }: DeletionItem): boolean {
  if (outcome?.outcome === "failed") return outcome.code !== "invalid_task_id";
  return outcome?.outcome !== "skipped";
}

function isThere(trainingData: TrainingData, taskId: string): boolean {
  try {
    return trainingData.inspect(taskId) === "directory";
  } catch {
    return false;
  }
}

function* chunksOf<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
