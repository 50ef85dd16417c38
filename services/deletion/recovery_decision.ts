/** What a start does with a row of the protocol, or with a receipt that has none: pure functions, tested as tables. */
import type { DeletionState } from "../../domain/deletion_states.ts";
import type { EntryKind } from "../training_data/training_data.ts";

/** What stands where. */
export interface Stands {
  /** At the task's place in training_data. */
  place: EntryKind;
  in_trash: boolean;
}

/** Whether what is in the trash can be removed whole. */
export type Verdict = "removable" | "obstructed";

export type RecoveryAction =
  /** Look whether it can be removed whole, and ask again. */
  | "survey"
  /** Go on with step 4: mark or delete the records, then purge. */
  | "record"
  /** Rename it back to its place. */
  | "put_back"
  /** Its place is taken: keep it whole in the trash. */
  | "strand"
  /** Go on with step 5. */
  | "purge"
  /** It waits in the trash by retention. */
  | "wait"
  /** It is gone from the disk; the log says so. */
  | "mark_purged"
  /** The records were never told, but the bytes are gone: record, and `purged`, with the receipt's numbers. */
  | "purge_by_receipt"
  /** It had ended, and a power cut undid that on the disk: its row stays as it is, what is there gets one of its own. */
  | "follow_up"
  /** It never happened, or was undone. */
  | "release"
  /** Nothing to do. */
  | "none";

/**
 * What becomes of a row.
 *
 * @param verdict of a survey, if one was made
 * @param isMeasured whether a receipt has its numbers: from then on bytes may be gone, whatever the row says
 */
export function decideRow(
  row: { state: DeletionState; purge_at: number | null },
  { place, in_trash }: Stands,
  verdict?: Verdict,
  isMeasured = false,
): RecoveryAction {
  const back = place === "absent" ? "put_back" : "strand";
  switch (row.state) {
    case "intent":
      if (in_trash) return verdict === undefined ? "survey" : verdict === "removable" ? "record" : back;
      return place === "absent" && isMeasured ? "purge_by_receipt" : "release";
    case "trashed":
      if (!in_trash) return "mark_purged";
      return row.purge_at === null ? "purge" : "wait";
    case "purge_failed":
      return in_trash ? "purge" : "mark_purged";
    case "stranded":
      return in_trash ? back : "release";
    case "purged":
    case "failed":
    case "released":
      return in_trash ? "follow_up" : "none";
  }
}

/** What becomes of a receipt whose row the database does not know: it went back in time. */
export function decideReceipt(
  receipt: { isMeasured: boolean },
  { place, in_trash }: Stands,
): "put_back" | "strand" | "purge_by_receipt" | "in_place" | "none" {
  if (in_trash) return place === "absent" ? "put_back" : "strand";
  // It was not moved, or put back by a start that was interrupted before it wrote so.
  if (place === "directory") return "in_place";
  return place === "absent" && receipt.isMeasured ? "purge_by_receipt" : "none";
}
