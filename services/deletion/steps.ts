/**
 * The steps of the protocol after the claim, each once: the deletion itself, the recovery at the start and what puts
 * directories back share them. deletion.ts says in which order, and what a crash between two of them leaves.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Executor } from "../../db/database.ts";
import {
  endDeletions,
  markPurged,
  markTrashed,
  type Measured,
  recordMeasured,
} from "../../db/queries/deletions.ts";
import { deleteRecords, markDirectoriesGone } from "../../db/queries/pipeline_tasks.ts";
import type { Counted } from "../training_data/counted.ts";
import { PipekeepError } from "../../domain/errors.ts";
import type { PurgeFailure, TrainingData } from "../training_data/training_data.ts";
import { PoolClosed } from "../training_data/tree_pool.ts";
import type { ClaimedItem, MovedItem, ObstructedItem, OpenItem, RefusedItem, SurveyedItem } from "./item.ts";
import { failed, failureOf } from "./outcome.ts";

const log = getLogger(["pipekeep", "deletion"]);

/** Step 2, for one directory: renames it into the trash. Not durable before the next sync. */
export function move(trainingData: TrainingData, item: ClaimedItem): MovedItem | RefusedItem {
  try {
    trainingData.moveToTrash(item.task_id, item.deletion_id);
    log.debug("moved {task_id} to {deletion_id}", { ...item });
    return { ...item, stage: "moved" };
  } catch (error) {
    return { ...item, stage: "refused", outcome: failureOf(item.task_id, error) };
  }
}

/** Step 3: measures directories in the trash exactly, and finds out whether all of each can be removed. */
export async function survey(
  trainingData: TrainingData,
  items: readonly MovedItem[],
): Promise<(SurveyedItem | ObstructedItem)[]> {
  const found = await trainingData.measureTrash(items.map((item) => item.deletion_id));
  return items.map((item, i): SurveyedItem | ObstructedItem => {
    const outcome = found[i]!;
    if (outcome.error !== undefined) {
      const { message } = outcome.error;
      log.error("could not measure {task_id}: {message}", { task_id: item.task_id, message });
      return { ...item, stage: "obstructed", outcome: failed(item.task_id, "storage_failed") };
    }
    const { obstacle } = outcome.value;
    if (obstacle !== null) {
      log.debug("{task_id} cannot be removed whole: {obstacle}", { task_id: item.task_id, obstacle });
      return { ...item, stage: "obstructed", outcome: failed(item.task_id, obstacle) };
    }
    return { ...item, stage: "surveyed", measure: outcome.value };
  });
}

/**
 * Undoes step 2: renames directories back to their places, never over anything. Returns those that are in place now, and
 * those that stay whole in the trash, which are to be marked `stranded` and never purged.
 *
 * A sync that fails costs nothing but certainty: a power cut may undo the undoing, and the next start puts it back again.
 */
export async function putBack<Item extends Pick<OpenItem, "task_id" | "deletion_id">>(
  trainingData: TrainingData,
  items: readonly Item[],
): Promise<{ back: Item[]; stranded: Item[] }> {
  const back: Item[] = [];
  const stranded: Item[] = [];
  for (const item of items) {
    const { task_id, deletion_id } = item;
    try {
      // It may have been put back before, by a try whose write failed.
      const isBack = !trainingData.isInTrash(deletion_id) && trainingData.inspect(task_id) === "directory";
      if (!isBack) trainingData.restore(deletion_id, task_id);
      back.push(item);
      log.debug("put {task_id} back from {deletion_id}", { task_id, deletion_id });
    } catch (error) {
      stranded.push(item);
      log.error("{task_id} stays whole in the trash as {deletion_id}, it could not be put back: {error}", {
        task_id,
        deletion_id,
        error,
      });
    }
  }
  if (items.length > 0) {
    try {
      await trainingData.sync();
    } catch (error) {
      log.error("what was put back could not be synced: {error}", { error });
    }
  }
  return { back, stranded };
}

/**
 * Step 4: the records say that the directories are gone, or go themselves; intent → trashed, with what was measured.
 * `purgeAt` null: the purge follows at once.
 */
export async function record(
  trx: Executor,
  volumeId: string,
  items: readonly SurveyedItem[],
  now: number,
  purgeAt: number | null,
): Promise<void> {
  const idsOf = (some: readonly SurveyedItem[]) => some.map((item) => item.task_id);
  await deleteRecords(trx, volumeId, idsOf(items.filter((item) => item.deletes_record)));
  await markDirectoriesGone(trx, volumeId, idsOf(items.filter((item) => !item.deletes_record)), now);
  await markTrashed(trx, items.map((item) => item.deletion_id), now, purgeAt);
  await recordMeasured(
    trx,
    items.map(({ deletion_id, measure }) => measuredOf(deletion_id, measure)),
  );
}

/** What was counted, as the log has it. */
export function measuredOf(deletion_id: string, counted: Counted): Measured {
  return {
    deletion_id,
    deleted_files_count: counted.files,
    deleted_size_bytes: counted.bytes,
    unmeasured_files: counted.unmeasured,
    allocated_bytes: counted.allocated ?? null,
    freed_bytes: counted.freed ?? null,
    directories_count: counted.directories ?? null,
    links_count: counted.links ?? null,
  };
}

/** Ends the rows of directories that are in their places: `failed` with the reason that the caller is told. */
export async function refuse(trx: Executor, items: readonly RefusedItem[], now: number): Promise<void> {
  for (const [error_code, some] of Map.groupBy(items, (item) => item.outcome.code)) {
    const ids = some.map((item) => item.deletion_id);
    await endDeletions(trx, ids, { from: ["intent"], to: "failed", now, error_code, error: null });
  }
}

/** Ends the rows of deletions that the program or the database ended before they were recorded. */
export function release(
  trx: Executor,
  deletionIds: readonly string[],
  now: number,
  why: string,
): Promise<void> {
  return endDeletions(trx, deletionIds, {
    from: ["intent", "stranded"],
    to: "released",
    now,
    error_code: null,
    error: why,
  });
}

/** Marks directories that are whole in the trash and could not be put back: kept until they can be, never purged. */
export function strand(trx: Executor, deletionIds: readonly string[], now: number): Promise<void> {
  return endDeletions(trx, deletionIds, {
    from: ["intent", "stranded"],
    to: "stranded",
    now,
    error_code: "storage_failed",
    error: "whole in the trash; its place is taken",
  });
}

/**
 * Step 5: removes trash entries for good. One result each: null, or why it is not gone; a trash that cannot even be looked
 * at fails them all, so that they are tried again. And what it did to the file system's free space, which of several at a
 * time cannot be said of each.
 *
 * @throws {PoolClosed} when the program stops
 */
export async function purge(trainingData: TrainingData, deletionIds: readonly string[]): Promise<Purged> {
  const before = deletionIds.length === 1 ? trainingData.freeBytes() : null;
  const failures = await purgeAll(trainingData, deletionIds);
  const after = before === null ? null : trainingData.freeBytes();
  return { failures, free_bytes_change: before === null || after === null ? null : after - before };
}

async function purgeAll(
  trainingData: TrainingData,
  deletionIds: readonly string[],
): Promise<PurgeFailure[]> {
  try {
    return await trainingData.purge(deletionIds);
  } catch (error) {
    if (error instanceof PoolClosed) throw error;
    const message = error instanceof PipekeepError ? error.message : "the trash could not be looked at";
    log.error("{count} trash entries could not be removed: {error}", { count: deletionIds.length, error });
    return deletionIds.map(() => ({ permissionDenied: false, message }));
  }
}

/** What became of a purge: a failure or null for each. */
export interface Purged {
  failures: readonly PurgeFailure[];
  free_bytes_change: number | null;
}

/** Step 6: what is gone is `purged`; what resisted keeps its row and its reason, and is tried again later. */
export async function finish(
  trx: Executor,
  deletionIds: readonly string[],
  { failures, free_bytes_change }: Purged,
  now: number,
): Promise<void> {
  await markPurged(trx, deletionIds.filter((_, i) => failures[i] === null), now, free_bytes_change);
  for (const [i, failure] of failures.entries()) {
    if (failure === null) continue;
    const deletion_id = deletionIds[i]!;
    log.error("could not empty trash entry {deletion_id}: {message}", {
      deletion_id,
      message: failure.message,
    });
    await endDeletions(trx, [deletion_id], {
      from: ["trashed", "purge_failed"],
      to: "purge_failed",
      now,
      error_code: failure.permissionDenied ? "permission_denied" : "storage_failed",
      error: failure.message,
    });
  }
}

/** Those whose place has a directory now: after a deletion, made anew by a pipeline that still ran. */
export function inPlace(trainingData: TrainingData, items: readonly Pick<OpenItem, "task_id">[]): string[] {
  return items.map((item) => item.task_id).filter((taskId) => {
    try {
      return trainingData.inspect(taskId) === "directory";
    } catch {
      return false;
    }
  });
}
