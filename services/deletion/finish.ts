/** How the protocol's rows end, in the deletion itself and at a later start alike. */
import { getLogger } from "@logtape/logtape";
import { markEnded, markPurged } from "../../db/queries/deletions.ts";
import type { Executor } from "../../db/queries/pipeline_tasks.ts";
import type { PurgeFailure } from "../training_data/training_data.ts";

const log = getLogger(["pipekeep", "deletion"]);

/** The directory is whole in the trash and could not be put back: kept until it can, never purged. */
export function markStranded(trx: Executor, deletionId: string, now: number): Promise<void> {
  return markEnded(
    trx,
    deletionId,
    "stranded",
    now,
    "storage_failed",
    "whole in the trash; its place is taken",
  );
}

/** Step 6: what is gone is `purged`; what resisted keeps its row and its reason, and is tried again later. */
export async function finishPurges(
  trx: Executor,
  deletionIds: readonly string[],
  failures: readonly PurgeFailure[],
  now: number,
): Promise<void> {
  await markPurged(trx, deletionIds.filter((_, i) => failures[i] === null), now);
  for (const [i, failure] of failures.entries()) {
    if (failure === null) continue;
    const code = failure.permissionDenied ? "permission_denied" : "storage_failed";
    log.error("could not empty trash entry {deletion_id}: {message}", {
      deletion_id: deletionIds[i],
      message: failure.message,
    });
    await markEnded(trx, deletionIds[i]!, "purge_failed", now, code, failure.message);
  }
}
