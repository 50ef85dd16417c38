/**
 * What a start makes of deletions that a crash interrupted, before anybody is served: afterwards records and disk agree on
 * each. recovery_decision.ts decides what becomes of a row; the steps are those of the deletion itself.
 *
 * It may be interrupted at any point: what it did is found done by the next start.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database, Executor } from "../../db/database.ts";
import { findDeletions, insertDeletions, listUnfinished, markPurged } from "../../db/queries/deletions.ts";
import { insertRecordsAgain } from "../../db/queries/pipeline_tasks.ts";
import type { DeletionRow } from "../../db/schema.ts";
import type { FoundReceipt } from "../training_data/receipts.ts";
import type { TrainingData } from "../training_data/training_data.ts";
import { followUp } from "./follow_up.ts";
import { intentRow } from "./intent_row.ts";
import type { MovedItem, SurveyedItem } from "./item.ts";
import {
  decideReceipt,
  decideRow,
  type RecoveryAction,
  type Stands,
  type Verdict,
} from "./recovery_decision.ts";
import { putBack, record, release, strand, survey } from "./steps.ts";

const log = getLogger(["pipekeep", "recovery"]);

export interface RecoverOptions {
  now: number;
  /** Also what a crash interrupted waits in the trash that long. */
  retention_ms: number;
  ids: () => string;
}

/** A row, what was decided of it, and what was measured if that was needed. */
interface Case {
  row: DeletionRow;
  action: RecoveryAction;
  surveyed?: SurveyedItem;
}

/** Settles every interrupted deletion. Returns the rows whose trash is still to be purged. */
export async function recoverDeletions(
  database: Database,
  trainingData: TrainingData,
  { now, retention_ms, ids }: RecoverOptions,
): Promise<DeletionRow[]> {
  const receipts = trainingData.receipts.load();
  const { volumeId } = trainingData;
  const { rows, foreign } = await findRows(database, trainingData, receipts);
  const known = new Set([...rows, ...foreign].map((row) => row.deletion_id));
  const lost = receipts.filter((receipt) => !known.has(receipt.deletion_id));
  const remade = await settleLost(database, trainingData, lost, now);
  warnOfStrangers(trainingData, [...rows.map((row) => row.deletion_id), ...remade]);
  const measured = new Map(
    receipts.filter((receipt) => receipt.numbers !== null).map((r) => [r.deletion_id, r]),
  );
  let cases = await decide(trainingData, rows, measured);
  const reopened = await followUp(database, trainingData, rowsOf(cases, "follow_up"), { now, ids });
  cases = [
    ...cases.filter(({ action }) => action !== "follow_up"),
    ...await decide(trainingData, reopened, measured),
  ];
  const { back, stranded } = await putBack(trainingData, rowsOf(cases, "put_back"));
  stranded.push(...rowsOf(cases, "strand"));
  // The renames of a crashed process may not have reached the disk yet.
  await trainingData.sync();
  const purgeAt = retention_ms > 0 ? now + retention_ms : null;
  const idsOf = (some: readonly DeletionRow[]) => some.map((row) => row.deletion_id);
  const surveyed = cases.flatMap(({ action, surveyed }) => action === "record" ? [surveyed!] : []);
  const byReceipt = rowsOf(cases, "purge_by_receipt").map((row) => itemOf(measured.get(row.deletion_id)!));
  await database.decide(rows.map((row) => row.task_id), async (trx) => {
    await record(trx, volumeId, surveyed, now, purgeAt);
    await record(trx, volumeId, byReceipt, now, null);
    await markPurged(trx, [
      ...byReceipt.map((item) => item.deletion_id),
      ...idsOf(rowsOf(cases, "mark_purged")),
    ], now);
    await release(trx, idsOf(back), now, "put back at the start");
    await release(trx, idsOf(rowsOf(cases, "release")), now, "it had not begun, or was put back by hand");
    await strand(trx, idsOf(stranded), now);
  });
  const leftovers = [
    ...rowsOf(cases, "purge"),
    ...(purgeAt === null
      ? await findDeletions(database.kysely, surveyed.map((item) => item.deletion_id))
      : []),
  ];
  dropEnded(trainingData, cases, back, purgeAt === null ? [] : surveyed);
  report(cases, leftovers);
  return leftovers;
}

/**
 * What is unfinished, what stands in the trash, and what receipts speak of. `foreign`: what another volume's rows know
 * of that, as after training_data was copied; it is theirs.
 */
async function findRows(
  database: Database,
  trainingData: TrainingData,
  receipts: readonly FoundReceipt[],
): Promise<{ rows: DeletionRow[]; foreign: DeletionRow[] }> {
  const { volumeId } = trainingData;
  const unfinished = await listUnfinished(database.kysely, volumeId);
  const rows = new Map(unfinished.map((row) => [row.deletion_id, row]));
  const foreign: DeletionRow[] = [];
  const others = [...trainingData.trashEntries(), ...receipts.map((receipt) => receipt.deletion_id)];
  for (const row of await findDeletions(database.kysely, others)) {
    if (row.volume_id === volumeId) rows.set(row.deletion_id, row);
    else foreign.push(row);
  }
  return { rows: [...rows.values()], foreign };
}

function warnOfStrangers(trainingData: TrainingData, known: readonly string[]): void {
  const names = new Set(known);
  for (const name of trainingData.trashEntries()) {
    if (!names.has(name)) {
      log.warn("the trash holds {name}, which no deletion knows; it is left alone", { name });
    }
  }
}

async function decide(
  trainingData: TrainingData,
  rows: readonly DeletionRow[],
  measured: ReadonlyMap<string, FoundReceipt>,
): Promise<Case[]> {
  const decideOne = (row: DeletionRow, verdict?: Verdict) =>
    decideRow(row, standsOf(trainingData, row), verdict, measured.has(row.deletion_id));
  const cases: Case[] = rows.map((row) => ({ row, action: decideOne(row) }));
  const open = cases.filter(({ action }) => action === "survey");
  const found = await survey(trainingData, open.map(({ row }) => movedOf(row)));
  open.forEach((one, i) => {
    const item = found[i]!;
    one.action = decideOne(one.row, item.stage === "surveyed" ? "removable" : "obstructed");
    if (item.stage === "surveyed") one.surveyed = item;
  });
  return cases;
}

function standsOf(trainingData: TrainingData, row: { task_id: string; deletion_id: string }): Stands {
  return { place: trainingData.inspect(row.task_id), in_trash: trainingData.isInTrash(row.deletion_id) };
}

function rowsOf(cases: readonly Case[], action: RecoveryAction): DeletionRow[] {
  return cases.filter((one) => one.action === action).map(({ row }) => row);
}

function movedOf(row: DeletionRow): MovedItem {
  const { task_id, deletion_id } = row;
  return { stage: "moved", task_id, deletion_id, deletes_record: row.delete_database_records === 1 };
}

/** A receipt with numbers as the item that step 4 takes. */
function itemOf({ task_id, deletion_id, delete_database_records, numbers }: FoundReceipt): SurveyedItem {
  return {
    stage: "surveyed",
    task_id,
    deletion_id,
    deletes_record: delete_database_records,
    measure: numbers!,
  };
}

/**
 * Mends what a database that went back in time does not know any more: what is in the trash goes back to its place, what
 * was removed is told to the records, and the log gets its rows again. Returns their ids.
 */
async function settleLost(
  database: Database,
  trainingData: TrainingData,
  receipts: readonly FoundReceipt[],
  now: number,
): Promise<Set<string>> {
  if (receipts.length === 0) return new Set();
  const actionOf = new Map(receipts.map((receipt) => {
    const isMeasured = receipt.numbers !== null;
    return [receipt, decideReceipt({ isMeasured }, standsOf(trainingData, receipt))];
  }));
  const withAction = (action: string) => receipts.filter((receipt) => actionOf.get(receipt) === action);
  const { back, stranded } = await putBack(trainingData, withAction("put_back"));
  back.push(...withAction("in_place"));
  stranded.push(...withAction("strand"));
  const gone = withAction("purge_by_receipt");
  const remade = [...back, ...stranded, ...gone];
  log.warn(
    "the database went back in time: it does not know {count} deletions; {back} put back, {gone} were done",
    {
      count: receipts.length,
      back: back.length,
      gone: gone.length,
    },
  );
  await database.decide(remade.map((receipt) => receipt.task_id), async (trx) => {
    await insertDeletions(trx, trainingData.volumeId, remade.map(intentRow));
    await insertRecordsAgain(trx, trainingData.volumeId, [...back, ...stranded]);
    await record(trx, trainingData.volumeId, gone.map(itemOf), now, null);
    await endRemade(trx, { back, stranded, gone }, now);
  });
  trainingData.receipts.drop([...back, ...gone].map((receipt) => receipt.deletion_id));
  return new Set(remade.map((receipt) => receipt.deletion_id));
}

async function endRemade(
  trx: Executor,
  { back, stranded, gone }: Record<"back" | "stranded" | "gone", FoundReceipt[]>,
  now: number,
): Promise<void> {
  const idsOf = (some: readonly FoundReceipt[]) => some.map((receipt) => receipt.deletion_id);
  await markPurged(trx, idsOf(gone), now);
  await release(trx, idsOf(back), now, "put back at the start: the database had forgotten it");
  await strand(trx, idsOf(stranded), now);
}

/** Drops the receipts of what has ended; those of what is still in the trash stay. */
function dropEnded(
  trainingData: TrainingData,
  cases: readonly Case[],
  back: readonly DeletionRow[],
  waiting: readonly SurveyedItem[],
): void {
  const stays = new Set(waiting.map((item) => item.deletion_id));
  const over = cases.filter(({ row, action }) =>
    !stays.has(row.deletion_id) && ["mark_purged", "purge_by_receipt", "release", "none"].includes(action)
  );
  trainingData.receipts.drop([
    ...over.map(({ row }) => row.deletion_id),
    ...back.map((row) => row.deletion_id),
  ]);
}

function report(cases: readonly Case[], leftovers: readonly DeletionRow[]): void {
  const settled = cases.filter(({ action }) => action !== "wait" && action !== "none").length;
  if (settled === 0) return;
  log.info("interrupted deletions: {count} settled, {leftover} to purge", {
    count: settled,
    leftover: leftovers.length,
  });
}
