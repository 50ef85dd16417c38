/**
 * Step 1: which tasks may be deleted, and why the others may not (the table of api.md 1.1); an intent row for each that
 * may.
 *
 * @module
 */
import { CommitInDoubt, type Database, type Executor } from "../../db/database.ts";
import {
  findDeletions,
  findStranded,
  findStuck,
  findUnderWay,
  insertDeletions,
} from "../../db/queries/deletions.ts";
import {
  deleteRecords,
  type DeletionState,
  findDeletionStates,
  markDirectoriesGone,
} from "../../db/queries/pipeline_tasks.ts";
import type { DeletionRow, NewDeletion } from "../../db/schema.ts";
import type { Actor } from "../../domain/actor.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { isTaskId } from "../../domain/task_id.ts";
import type { EntryKind, TrainingData } from "../training_data/training_data.ts";
import type { DeferredWrites } from "./deferred_writes.ts";
import { intentRow } from "./intent_row.ts";
import { type ClaimedItem, type DeletionItem, ended } from "./item.ts";
import {
  deleted,
  deletedBefore,
  type DeletionOptions,
  failed,
  type FailedTask,
  failureOf,
  skipped,
  type TaskOutcome,
} from "./outcome.ts";
import { release } from "./steps.ts";

/** What stands at a task's place, as it was just before the transaction; or why that could not be seen. */
export type Looks = ReadonlyMap<string, EntryKind | FailedTask>;

/** What a look at one task found: refused, or what a deletion of it would do. */
export type Examined =
  | { task_id: string; refused: FailedTask }
  | {
    task_id: string;
    deletes_record: boolean;
    kind: "directory" | "absent";
    removed: readonly DeletionRow[];
  };

export interface ExamineOptions extends Pick<DeletionOptions, "force" | "delete_database_records"> {
  /** Records and deletions of others are unknown here. */
  volume_id: string;
  /** Tasks of other projects, and directories of none, are unknown here. */
  project_id?: number;
  /** What earlier deletions of these tasks had left in the trash, and is gone by now; task id → rows. */
  resumed?: ReadonlyMap<string, readonly DeletionRow[]>;
}

export interface ClaimRequest {
  task_ids: readonly string[];
  options: DeletionOptions;
  actor: Actor;
  project_id?: number;
  resumed?: ReadonlyMap<string, readonly DeletionRow[]>;
  /** Which of these tasks are meant still, asked in the transaction; the others are skipped. */
  select?: (trx: Executor, taskIds: readonly string[]) => Promise<ReadonlySet<string>>;
  deferred: DeferredWrites;
  now: number;
  ids: () => string;
}

/** Looks at the place of each task, following no link. Never throws for one of them. */
export function lookAt(trainingData: TrainingData, taskIds: readonly string[]): Looks {
  return new Map(
    taskIds.filter(isTaskId).map((taskId): [string, EntryKind | FailedTask] => {
      try {
        return [taskId, trainingData.inspect(taskId)];
      } catch (error) {
        return [taskId, failureOf(taskId, error)];
      }
    }),
  );
}

/** Judges each task by its record, by other deletions of it, and by what stands at its place. */
export async function examine(
  db: Executor,
  looks: Looks,
  taskIds: readonly string[],
  options: ExamineOptions,
): Promise<Examined[]> {
  const valid = taskIds.filter(isTaskId);
  const records = await findDeletionStates(db, options.volume_id, valid);
  const underWay = await findUnderWay(db, options.volume_id, valid);
  const stuck = await findStuck(db, options.volume_id, valid);
  const stranded = await findStranded(db, options.volume_id, valid);
  return taskIds.map((task_id): Examined => {
    if (!isTaskId(task_id)) return { task_id, refused: failed(task_id, "invalid_task_id") };
    const look = looks.get(task_id)!;
    if (typeof look !== "string") return { task_id, refused: look };
    const record = records.get(task_id);
    const removed = look === "absent" ? options.resumed?.get(task_id) ?? [] : [];
    const refused = refuse(task_id, {
      record,
      look,
      isUnderWay: underWay.has(task_id),
      isStuck: stuck.has(task_id) || stranded.has(task_id),
      wasRemoved: removed.length > 0,
      ...options,
    });
    if (refused !== undefined) return { task_id, refused };
    const deletes_record = record !== undefined && options.delete_database_records;
    return { task_id, deletes_record, kind: look === "directory" ? look : "absent", removed };
  });
}

interface Look {
  record: DeletionState | undefined;
  look: EntryKind;
  isUnderWay: boolean;
  isStuck: boolean;
  wasRemoved: boolean;
  force: boolean;
  project_id?: number;
}

function refuse(task_id: string, of: Look): FailedTask | undefined {
  const { record, look } = of;
  if (of.project_id !== undefined && record?.project_id !== of.project_id) {
    return failed(task_id, "task_not_found");
  }
  // A directory that a deletion took out of sight is still an entry, in the trash.
  const isAnywhere = look !== "absent" || of.isUnderWay || of.isStuck || of.wasRemoved;
  if (record === undefined && !isAnywhere) return failed(task_id, "task_not_found");
  if (record !== undefined && !of.force && (record.status === "running" || record.running_step !== null)) {
    return {
      ...failed(task_id, "task_running"),
      current_status: record.status,
      ...(record.running_step !== null && { running_step: record.running_step }),
    };
  }
  if (of.isUnderWay) return failed(task_id, "deletion_in_progress");
  // To say that nothing is left to delete would not be true while its bytes are on the disk.
  if (look === "absent" && of.isStuck) return failed(task_id, "purge_incomplete");
  if (look === "forbidden") return failed(task_id, "path_forbidden");
  return undefined;
}

/**
 * Writes an intent row for each directory that may be deleted, a final row for each refusal and for each task whose
 * directory is gone already, and brings the records of the latter up to date: all in one transaction.
 *
 * A commit that is in doubt is asked about: items come back only when it stands.
 *
 * @throws when the database refused, or cannot say whether it committed
 */
export async function claim(
  database: Database,
  trainingData: TrainingData,
  request: ClaimRequest,
): Promise<DeletionItem[]> {
  const { task_ids, options, now } = request;
  const { volumeId } = trainingData;
  const looks = lookAt(trainingData, task_ids);
  // What is absent from another directory in its place is not gone.
  if (!trainingData.isInPlace()) {
    throw new PipekeepError("training_data_unavailable", "training_data was replaced meanwhile");
  }
  let items: DeletionItem[] = [];
  let rows: NewDeletion[] = [];
  try {
    await database.decide(task_ids, async (trx) => {
      const examined = await examine(trx, looks, task_ids, { ...options, ...request, volume_id: volumeId });
      const meant = await request.select?.(trx, task_ids);
      items = examined.map((found) =>
        meant?.has(found.task_id) === false ? ended(skipped(found.task_id)) : itemOf(found, now, request.ids)
      );
      rows = items.filter(isAttempt).map((item) => rowOf(item, request));
      const absent = examined.filter((found) => !("refused" in found) && found.kind === "absent")
        .map((found) => found.task_id).filter((id) => meant?.has(id) !== false);
      if (options.delete_database_records) await deleteRecords(trx, volumeId, absent);
      else await markDirectoriesGone(trx, volumeId, absent, now, { onlyNews: true });
      await insertDeletions(trx, volumeId, rows);
    });
  } catch (error) {
    if (!(error instanceof CommitInDoubt)) throw error;
    let isCommitted: boolean;
    try {
      isCommitted = await stands(database, rows);
    } catch (unknown) {
      // Nothing was moved: whatever stands is to be released as soon as the database answers, or nobody else could delete.
      const intents = rows.filter((row) => row.state === "intent").map((row) => row.deletion_id);
      const why = "the database could not say whether it was begun";
      await request.deferred.settle((trx) => release(trx, intents, now, why));
      throw unknown;
    }
    if (!isCommitted) throw error;
  }
  return items;
}

/** Whether the transaction that wrote these rows was committed: all of them are there, or none. */
async function stands(database: Database, rows: readonly NewDeletion[]): Promise<boolean> {
  const ids = rows.map((row) => row.deletion_id);
  return rows.length > 0 && (await findDeletions(database.kysely, ids)).length === rows.length;
}

function itemOf(found: Examined, now: number, ids: () => string): DeletionItem {
  const { task_id } = found;
  if ("refused" in found) return ended(found.refused);
  if (found.kind === "directory") {
    const { deletes_record } = found;
    return { stage: "claimed", task_id, deletion_id: ids(), deletes_record } satisfies ClaimedItem;
  }
  return ended(outcomeWithoutDirectory(found, now));
}

/** The outcome of a task that has no directory: it was gone before, or its remains in the trash are gone now. */
export function outcomeWithoutDirectory(
  found: { task_id: string; deletes_record: boolean; removed: readonly DeletionRow[] },
  now: number,
): TaskOutcome {
  if (found.removed.length === 0) return deletedBefore(found, now);
  const sum = (of: (row: DeletionRow) => number | null) =>
    found.removed.reduce((total, row) => total + (of(row) ?? 0), 0);
  return deleted(found, {
    files: sum((row) => row.deleted_files_count),
    bytes: sum((row) => row.deleted_size_bytes),
    unmeasured: sum((row) => row.unmeasured_files),
  }, now);
}

/** Whether the log gets a row: what is no task id was refused before anything was looked at. */
function isAttempt(item: DeletionItem): boolean {
  if (item.stage !== "ended") return true;
  const { outcome } = item;
  return outcome.outcome === "failed" ? outcome.code !== "invalid_task_id" : outcome.outcome !== "skipped";
}

const NOTHING = {
  deleted_files_count: 0,
  deleted_size_bytes: 0,
  unmeasured_files: 0,
  allocated_bytes: 0,
  freed_bytes: 0,
  directories_count: 0,
  links_count: 0,
};

function rowOf(item: DeletionItem, { options, actor, now, ids }: ClaimRequest): NewDeletion {
  const intent = intentRow({
    deletion_id: item.stage === "ended" ? ids() : item.deletion_id,
    task_id: item.task_id,
    who: actor.who,
    request_id: actor.request_id,
    job_id: actor.job_id ?? null,
    delete_database_records: options.delete_database_records,
    force: options.force,
    requested_at: now,
  });
  if (item.stage !== "ended") return intent;
  const ending = { ...intent, finished_at: now, duration_ms: 0 };
  if (item.outcome.outcome === "failed") return { ...ending, state: "failed", error_code: item.outcome.code };
  // What a resumed purge removed is counted in the row that began it.
  return { ...ending, state: "purged", ...NOTHING };
}
