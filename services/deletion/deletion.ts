/**
 * The deletion protocol, for one task as for a thousand: a list is cut into chunks, and each step below is one
 * transaction, or one round of the Workers, per chunk. claim.ts and steps.ts have the steps, each once.
 *
 * 1. claim   in one transaction: check the state, write an intent row per directory
 * 2. move    write and sync a receipt, rename each directory into the trash, sync both parents: out of sight, whole, still
 *            restorable
 * 3. survey  measure exactly, and find out whether all of it can be removed; if not, put it back
 * 4. record  in one transaction: mark or delete the records, intent → trashed with what was measured
 * 5. purge   remove the trees, see that they are gone
 * 6. finish  in one transaction: trashed → purged; then the receipt goes
 *
 * A crash before 4 leaves intents: where the directory is still in place nothing happened, where it is in the trash
 * recover.ts goes on with 3. A crash after 4 leaves rows in `trashed`: recover.ts goes on with 5, and the numbers are
 * those of 3. A database that cannot be written in 1 or 4 leaves the directory in place.
 *
 * A commit whose answer was lost is in doubt, and is asked about before anything follows from it: a directory whose
 * records may be gone is never put back on a guess.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { CommitInDoubt, type Database, type Executor } from "../../db/database.ts";
import { findDeletions, findStuck } from "../../db/queries/deletions.ts";
import { markDirectoriesPresent } from "../../db/queries/pipeline_tasks.ts";
import type { DeletionRow } from "../../db/schema.ts";
import type { Actor } from "../../domain/actor.ts";
import type { DeletionStep } from "../../domain/deletion_states.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { isTaskId } from "../../domain/task_id.ts";
import type { Events } from "../events.ts";
import type { Availability } from "../training_data/availability.ts";
import type { TrainingData } from "../training_data/training_data.ts";
import { PoolClosed } from "../training_data/tree_pool.ts";
import { chunksOf } from "../../domain/chunks.ts";
import { claim } from "./claim.ts";
import { atOnce, type DeferredWrites } from "./deferred_writes.ts";
import {
  type ClaimedItem,
  type DeletionItem,
  ended,
  type EndedItem,
  inStage,
  type RecordedItem,
  withChanged,
} from "./item.ts";
import { deleted, type DeletionOptions, failed, skipped, type TaskOutcome } from "./outcome.ts";
import { purgeRows } from "./purge_rows.ts";
import { receiptsOf } from "./receipts.ts";
import { finish, inPlace, move, purge, record, refuse, survey } from "./steps.ts";
import { putBackObstructed, undo } from "./undo.ts";

const log = getLogger(["pipekeep", "deletion"]);

/** Tasks per chunk: few transactions for a batch, and none that holds up the server. */
const CHUNK = 200;

export interface DeletionDependencies {
  database: Database;
  availability: Availability;
  /** How long deleted directories wait in the trash, in milliseconds; 0: purged at once. */
  retention_ms: number;
  deferred: DeferredWrites;
  events: Events;
  clock: () => number;
  ids: () => string;
}

export interface DeletionRun {
  /** Stops between two chunks; what was not attempted comes back as skipped. */
  signal?: AbortSignal;
  /** Told of each chunk's outcomes once they are final. */
  onOutcomes?: (outcomes: readonly TaskOutcome[]) => void | Promise<void>;
  /** One task after the other, in order: for work that must be resumable and stoppable between any two. */
  one_by_one?: boolean;
  /** Tasks of other projects, and directories of none, fail like unknown ones. */
  project_id?: number;
  /** Which of these tasks are meant still, asked as each is claimed; the others are skipped. */
  select?: (trx: Executor, taskIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** One call of {@linkcode Deletion.delete}. */
interface Request {
  trainingData: TrainingData;
  options: DeletionOptions;
  actor: Actor;
  run: DeletionRun;
}

export class Deletion {
  readonly #deps: DeletionDependencies;

  constructor(dependencies: DeletionDependencies) {
    this.#deps = dependencies;
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
    actor: Actor,
    run: DeletionRun = {},
  ): Promise<TaskOutcome[]> {
    const request = { trainingData: this.#deps.availability.use(), options, actor, run };
    const outcomes = new Map<string, TaskOutcome>();
    const settle = async (items: readonly EndedItem[]) => {
      for (const { task_id, outcome } of items) outcomes.set(task_id, outcome);
      await run.onOutcomes?.(items.map((item) => item.outcome));
    };
    const running: Promise<void>[] = [];
    const inOrder = run.one_by_one || !options.continue_on_error;
    let refusal: unknown;
    for (const chunk of chunksOf(taskIds, inOrder ? 1 : CHUNK)) {
      if (run.signal?.aborted) break;
      let items: DeletionItem[];
      try {
        items = await this.#takeOut(request, chunk);
      } catch (error) {
        // The program stops: what was not done was not attempted, and the next start settles it.
        if (error instanceof PoolClosed) throw error;
        log.error("deletion refused by the database: {error}", { error });
        refusal ??= error;
        items = chunk.map((id) => ended(failed(id, "storage_failed")));
      }
      // The next chunk is taken out while this one is purged.
      const purged = this.#purge(request.trainingData, items).then(settle);
      // It is awaited below; until then its failure (the program is stopping) is nobody's unhandled rejection.
      purged.catch(() => {});
      running.push(purged);
      if (running.length > 1 || inOrder) await running.shift();
      if (!options.continue_on_error && chunk.some((id) => outcomes.get(id)?.outcome === "failed")) break;
    }
    await Promise.all(running);
    if (refusal !== undefined && ![...outcomes.values()].some((o) => o.outcome === "deleted")) {
      throw new PipekeepError("storage_failed", "the database could not be written", {}, refusal);
    }
    return taskIds.map((taskId) => outcomes.get(taskId) ?? skipped(taskId));
  }

  /** Steps 1 to 4: items come back ended or recorded. */
  async #takeOut(request: Request, taskIds: readonly string[]): Promise<DeletionItem[]> {
    const { trainingData } = request;
    let items = await this.#claim(request, taskIds);
    const claimed = inStage(items, "claimed");
    if (claimed.length === 0) return items;
    try {
      const receipts = await receiptsOf(this.#deps.database, claimed, request, this.#deps.clock());
      await trainingData.receipts.write(receipts);
      items = withChanged(items, claimed.map((item) => this.#move(trainingData, item)));
      await trainingData.sync();
      this.#reached("synced");
      items = withChanged(items, await survey(trainingData, inStage(items, "moved")));
      items = withChanged(items, await putBackObstructed(this.#deps, trainingData, items));
      this.#reached("surveyed");
      // Both are to be durable before the first removal; neither has to wait for the other.
      const numbers = trainingData.receipts.addNumbers(inStage(items, "surveyed"));
      const recorded = await this.#record(trainingData, items).finally(() => numbers);
      items = withChanged(items, recorded);
      this.#reached("recorded");
      return items;
    } catch (error) {
      if (!(error instanceof RecordUnknown)) await undo(this.#deps, trainingData, items);
      throw error;
    }
  }

  async #claim(request: Request, taskIds: readonly string[]): Promise<DeletionItem[]> {
    const { database, deferred, clock, ids } = this.#deps;
    const { trainingData, options, actor, run } = request;
    await deferred.make();
    const resumed = await this.#resume(trainingData, taskIds);
    const now = clock();
    const { project_id, select } = run;
    const asked = { task_ids: taskIds, options, actor, project_id, resumed, select };
    const items = await claim(database, trainingData, { ...asked, deferred, now, ids });
    this.#reached("claimed");
    return items;
  }

  /** Tries again what resisted an earlier deletion of these tasks: no answer says that all is gone while bytes are there. */
  async #resume(
    trainingData: TrainingData,
    taskIds: readonly string[],
  ): Promise<Map<string, DeletionRow[]>> {
    const { database, clock } = this.#deps;
    const stuck = await findStuck(database.kysely, trainingData.volumeId, taskIds.filter(isTaskId));
    if (stuck.size === 0) return stuck;
    await purgeRows(database, trainingData, [...stuck.values()].flat(), clock);
    const left = await findStuck(database.kysely, trainingData.volumeId, [...stuck.keys()]);
    for (const taskId of left.keys()) stuck.delete(taskId);
    return stuck;
  }

  #move(trainingData: TrainingData, item: ClaimedItem): DeletionItem {
    const moved = move(trainingData, item);
    this.#reached("moved");
    return moved;
  }

  async #record(trainingData: TrainingData, items: readonly DeletionItem[]): Promise<DeletionItem[]> {
    const { database, retention_ms, clock } = this.#deps;
    const now = clock();
    const surveyed = inStage(items, "surveyed");
    const refused = inStage(items, "refused");
    if (surveyed.length + refused.length === 0) return [];
    const purgeAt = retention_ms > 0 ? now + retention_ms : null;
    try {
      await database.decide(surveyed.map((item) => item.task_id), async (trx) => {
        await record(trx, trainingData.volumeId, surveyed, now, purgeAt);
        await refuse(trx, refused, now);
      });
    } catch (error) {
      if (!(error instanceof CommitInDoubt)) throw error;
      if (!await this.#isRecorded(trainingData, items, error)) throw error;
    }
    trainingData.receipts.drop(refused.map((item) => item.deletion_id));
    return [
      ...refused.map((item) => ended(item.outcome)),
      ...surveyed.map((item): DeletionItem =>
        retention_ms > 0
          ? ended(deleted(item, item.measure, now, { in_trash: true }))
          : { ...item, stage: "recorded" }
      ),
    ];
  }

  /**
   * What became of a commit that is in doubt. When the database cannot say now, nothing is put back: it is asked again
   * until it answers, by this process or the next.
   */
  async #isRecorded(
    trainingData: TrainingData,
    items: readonly DeletionItem[],
    doubt: CommitInDoubt,
  ): Promise<boolean> {
    const { database, deferred, clock } = this.#deps;
    const open = [...inStage(items, "surveyed"), ...inStage(items, "refused")];
    const ids = open.map((item) => item.deletion_id);
    const ask = async () =>
      (await findDeletions(database.kysely, ids)).every((row) => row.state !== "intent");
    try {
      return await ask();
    } catch {
      await deferred.run(async () => {
        if (!await ask()) return await undo({ deferred: atOnce(database), clock }, trainingData, items);
        const rows = await findDeletions(database.kysely, ids);
        const trashed = rows.filter((row) => row.state === "trashed" && row.purge_at === null);
        await purgeRows(database, trainingData, trashed, clock);
      });
      throw new RecordUnknown("whether the deletion was recorded cannot be found out now", { cause: doubt });
    }
  }

  /** Steps 5 and 6 for what is recorded: all items come back ended. Never throws but for the program's stop. */
  async #purge(trainingData: TrainingData, items: readonly DeletionItem[]): Promise<EndedItem[]> {
    const { deferred, clock } = this.#deps;
    const recorded = inStage(items, "recorded");
    if (recorded.length === 0) return inStage(items, "ended");
    const ids = recorded.map((item) => item.deletion_id);
    const purged = await purge(trainingData, ids);
    const { failures } = purged;
    this.#reached("purged");
    const now = clock();
    const outcomeOf = (item: RecordedItem, i: number) =>
      ended(
        failures[i] === null ? deleted(item, item.measure, now) : failed(item.task_id, "purge_incomplete"),
      );
    const reborn = inPlace(trainingData, recorded);
    await deferred.settle(async (trx) => {
      await finish(trx, ids, purged, now);
      await markDirectoriesPresent(trx, trainingData.volumeId, reborn, now);
    }, () => trainingData.receipts.drop(ids.filter((_, i) => failures[i] === null)));
    this.#reached("finished");
    return inStage(withChanged(items, recorded.map(outcomeOf)), "ended");
  }

  #reached(step: DeletionStep): void {
    log.debug("{step}", { step });
    this.#deps.events.emit("deletion.step", { step });
  }
}

/** The database cannot say whether it committed step 4. */
class RecordUnknown extends Error {
  override readonly name = "RecordUnknown";
}
