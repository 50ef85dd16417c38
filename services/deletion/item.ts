/**
 * One task on its way through the protocol: a union of stages, each with what is known by then.
 *
 * claimed → moved → surveyed → recorded → ended, or aside: refused (its row is open, its directory in place) and obstructed
 * (its directory is in the trash and must go back).
 *
 * @module
 */
import type { Counted } from "../training_data/counted.ts";
import type { FailedTask, TaskOutcome } from "./outcome.ts";

/** What every item with an open row has. */
export interface OpenItem {
  task_id: string;
  deletion_id: string;
  /** There is a record, and it is to go too. */
  deletes_record: boolean;
}

/** An intent row was written; the directory is in place. */
export interface ClaimedItem extends OpenItem {
  stage: "claimed";
}

/** The directory is in the trash. */
export interface MovedItem extends OpenItem {
  stage: "moved";
}

/** All of it can be removed, as far as can be told without trying. */
export interface SurveyedItem extends OpenItem {
  stage: "surveyed";
  measure: Counted;
}

/** The records say that the directory is gone, and the log says how much that was. */
export interface RecordedItem extends OpenItem {
  stage: "recorded";
  measure: Counted;
}

/** The directory is in the trash and cannot be removed whole. */
export interface ObstructedItem extends OpenItem {
  stage: "obstructed";
  outcome: FailedTask;
}

/** The directory is in its place; the row is still to be told why. */
export interface RefusedItem extends OpenItem {
  stage: "refused";
  outcome: FailedTask;
}

/** Nothing more happens to it. */
export interface EndedItem {
  stage: "ended";
  task_id: string;
  outcome: TaskOutcome;
}

export type DeletionItem =
  | ClaimedItem
  | MovedItem
  | SurveyedItem
  | RecordedItem
  | ObstructedItem
  | RefusedItem
  | EndedItem;

/** The items that are in this stage. */
export function inStage<Stage extends DeletionItem["stage"]>(
  items: readonly DeletionItem[],
  stage: Stage,
): Extract<DeletionItem, { stage: Stage }>[] {
  return items.filter((item): item is Extract<DeletionItem, { stage: Stage }> => item.stage === stage);
}

/** `items` with those of `changed` in the place of the ones of the same task. */
export function withChanged(
  items: readonly DeletionItem[],
  changed: readonly DeletionItem[],
): DeletionItem[] {
  const byTask = new Map(changed.map((item) => [item.task_id, item]));
  return items.map((item) => byTask.get(item.task_id) ?? item);
}

export function ended(outcome: TaskOutcome): EndedItem {
  return { stage: "ended", task_id: outcome.task_id, outcome };
}
