/** The deletion protocol over a database and a training_data of their own, without a server. */
import { findDeletions } from "../../db/queries/deletions.ts";
import { insertTasks } from "../../db/queries/pipeline_tasks.ts";
import type { NewTask } from "../../db/schema.ts";
import { claim } from "../../services/deletion/claim.ts";
import { DeferredWrites } from "../../services/deletion/deferred_writes.ts";
import { Deletion } from "../../services/deletion/deletion.ts";
import { type ClaimedItem, type DeletionItem, inStage } from "../../services/deletion/item.ts";
import type { DeletionOptions } from "../../services/deletion/outcome.ts";
import { Events } from "../../services/events.ts";
import { task } from "../db/conformance/_store.ts";
import { listTree } from "../_harness.ts";
import { CommitFaults } from "./commit_faults.ts";
import { openTestVolume } from "./volume.ts";

export const ACTOR = { who: "w", request_id: "r" };
export const OPTIONS: DeletionOptions = {
  delete_database_records: false,
  force: false,
  continue_on_error: true,
};

/** Opens them; the clock stands at 1000, and ids are 0-1, 0-2 and so on. */
export async function openDeletions({ retention_ms = 0 } = {}) {
  const faults = new CommitFaults();
  const volume = await openTestVolume({ commitFault: faults.seam });
  const { database, trainingData, availability } = volume;
  const { volumeId } = trainingData;
  const events = new Events();
  const deferred = new DeferredWrites({ database });
  const clock = { now: 1000 };
  let made = 0;
  const ids = () => `0-${++made}`;
  const dependencies = {
    database,
    availability,
    retention_ms,
    deferred,
    events,
    clock: () => clock.now,
    ids,
  };
  return {
    ...volume,
    faults,
    events,
    deferred,
    clock,
    dependencies,
    deletion: new Deletion(dependencies),
    /** A record, and a directory with `12345` in it. */
    async make(taskId: string, more: Partial<NewTask> = {}): Promise<void> {
      volume.fill(taskId, { "a.txt": "12345" });
      await insertTasks(database.kysely, volumeId, [task(taskId, more)], []);
    },
    /** Step 1 for tasks, as the protocol does it. */
    claim: (taskIds: readonly string[], options: Partial<DeletionOptions> = {}): Promise<DeletionItem[]> =>
      claim(database, trainingData, {
        task_ids: taskIds,
        options: { ...OPTIONS, ...options },
        actor: ACTOR,
        deferred,
        now: clock.now,
        ids,
      }),
    /** The same for tasks that may be deleted. */
    async claimAll(taskIds: readonly string[], options?: Partial<DeletionOptions>): Promise<ClaimedItem[]> {
      return inStage(await this.claim(taskIds, options), "claimed");
    },
    rowOf: async (deletionId: string) => (await findDeletions(database.kysely, [deletionId]))[0],
    log: () => database.kysely.selectFrom("deletions").selectAll().orderBy("deletion_id").execute(),
    async records() {
      const rows = await database.kysely.selectFrom("data_pipeline_tasks").select([
        "task_id",
        "directory_exists",
      ])
        .orderBy("task_id").execute();
      return rows.map((row) => ({ ...row }));
    },
    /** Everything in training_data, the trash included; its receipts are left out. */
    tree: () => listTree(volume.path).filter((name) => !name.includes("/.receipt-")),
    /** Everything that a refusal leaves as it is, but for the log. */
    async state(): Promise<unknown> {
      return [await this.records(), this.tree()];
    },
  };
}
