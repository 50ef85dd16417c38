/** What the receipts of a chunk say (services/training_data/receipts.ts keeps them). */
import type { Database } from "../../db/database.ts";
import { listRecords } from "../../db/queries/pipeline_tasks.ts";
import type { Actor } from "../../domain/actor.ts";
import type { Receipt } from "../training_data/receipts.ts";
import type { ClaimedItem } from "./item.ts";
import type { DeletionOptions } from "./outcome.ts";

/** The receipts of claimed items, with the records that are to go. */
export async function receiptsOf(
  database: Database,
  items: readonly ClaimedItem[],
  { options, actor }: { options: DeletionOptions; actor: Actor },
  now: number,
): Promise<Receipt[]> {
  const going = items.filter((item) => item.deletes_record).map((item) => item.task_id);
  const { tasks, steps } = await listRecords(database.kysely, going);
  const taskOf = new Map(tasks.map((task) => [task.task_id, task]));
  const stepsOf = Map.groupBy(steps, (step) => step.task_id);
  return items.map(({ task_id, deletion_id }) => ({
    deletion_id,
    task_id,
    requested_at: now,
    who: actor.who,
    request_id: actor.request_id,
    job_id: actor.job_id ?? null,
    delete_database_records: options.delete_database_records,
    force: options.force,
    record: taskOf.has(task_id) ? { ...taskOf.get(task_id) } : null,
    steps: (stepsOf.get(task_id) ?? []).map((step) => ({ ...step })),
  }));
}
