/** The way back: directories go to their places, and their rows say why nothing was deleted. */
import { type DeletionItem, ended, inStage } from "./item.ts";
import type { DeferredWrites } from "./deferred_writes.ts";
import { putBack, release, strand } from "./steps.ts";
import type { TrainingData } from "../training_data/training_data.ts";

export interface UndoDependencies {
  /** Makes a write, now or later, and then what follows it. */
  deferred: Pick<DeferredWrites, "settle">;
  clock: () => number;
}

/** Puts the obstructed items back. They come back refused, or ended where their place was taken. */
export async function putBackObstructed(
  { deferred, clock }: UndoDependencies,
  trainingData: TrainingData,
  items: readonly DeletionItem[],
): Promise<DeletionItem[]> {
  const { back, stranded } = await putBack(trainingData, inStage(items, "obstructed"));
  if (stranded.length > 0) {
    const ids = stranded.map((item) => item.deletion_id);
    await deferred.settle((trx) => strand(trx, ids, clock()));
  }
  return [
    ...back.map((item) => ({ ...item, stage: "refused" as const })),
    ...stranded.map((item) => ended(item.outcome)),
  ];
}

/** Takes everything back that has not been recorded. What is in the trash goes to its place first, then its row ends. */
export async function undo(
  { deferred, clock }: UndoDependencies,
  trainingData: TrainingData,
  items: readonly DeletionItem[],
): Promise<void> {
  const inTrash = [
    ...inStage(items, "moved"),
    ...inStage(items, "surveyed"),
    ...inStage(items, "obstructed"),
  ];
  const { back, stranded } = await putBack(trainingData, inTrash);
  const inPlace = [...inStage(items, "claimed"), ...inStage(items, "refused"), ...back];
  const released = inPlace.map((item) => item.deletion_id);
  await deferred.settle(async (trx) => {
    await release(trx, released, clock(), "the database could not be written");
    await strand(trx, stranded.map((item) => item.deletion_id), clock());
  }, () => trainingData.receipts.drop(released));
}
