/** Puts the program together, without HTTP: what tests boot in a temporary folder, and `serve` beside its server. */
import type { DeletionRow } from "../db/schema.ts";
import type { Database, TableName } from "../db/database.ts";
import type { CommitFault } from "../db/dialects/sqlite/sqlite.ts";
import { reconcile } from "./tasks/reconcile.ts";
import { Reconciler, type ReconcilerOptions } from "./tasks/reconciler.ts";
import { ApiKeys } from "./access/api_keys.ts";
import { DeletionLog } from "./deletion/log.ts";
import type { Availability } from "./training_data/availability.ts";
import { BackgroundTasks } from "./background/background_tasks.ts";
import { Events } from "./events.ts";
import { fillWithSamples } from "./tasks/demo.ts";
import { Deletion } from "./deletion/deletion.ts";
import { DeletionPreview } from "./deletion/preview.ts";
import { newId } from "../domain/ids.ts";
import { Jobs } from "./jobs/jobs.ts";
import { Leases } from "./background/leases.ts";
import { openStore } from "./open_store.ts";
import { DeferredWrites } from "./deletion/deferred_writes.ts";
import { PipelineTasks } from "./tasks/pipeline_tasks.ts";
import { Projects } from "./access/projects.ts";
import { recoverDeletions } from "./deletion/recover.ts";
import { openTrainingData } from "./tasks/open.ts";
import { TrashPurger } from "./deletion/trash_purger.ts";
import { Runner } from "./jobs/runner.ts";
import { TaskEvents } from "./background/task_events.ts";
import { Traffic } from "./training_data/traffic.ts";
import type { WalkForm } from "./training_data/tree_walk.ts";
import { TreePool } from "./training_data/tree_pool.ts";

export interface AppConfig {
  /** Path of the directory; made when missing. */
  training_data: string;
  /** Path of the SQLite file; made when missing. */
  database: string;
  /** How long deleted directories wait in the trash, in milliseconds. */
  trash_retention_ms: number;
  /** How many trees are measured or removed at a time. */
  delete_concurrency: number;
  /** Take training_data as it is, whatever the last start saw. */
  accept_training_data?: boolean;
  /** Fill an empty training_data with sample runs. */
  demo?: boolean;
}

/** What a test replaces or listens to. */
export interface AppSeams {
  clock?: () => number;
  events?: Events;
  /** How soon records follow the disk. */
  reconciler?: ReconcilerOptions;
  /** Where libc lies; none: the walk by the runtime's calls. */
  libraries?: readonly string[];
  /** Commits that report an error. */
  commitFault?: CommitFault;
}

export interface App {
  readonly tasks: PipelineTasks;
  readonly reconciler: Reconciler;
  readonly deletion: Deletion;
  readonly preview: DeletionPreview;
  readonly log: DeletionLog;
  readonly jobs: Jobs;
  readonly background: BackgroundTasks;
  readonly leases: Leases;
  readonly taskEvents: TaskEvents;
  readonly events: Events;
  readonly keys: ApiKeys;
  readonly projects: Projects;
  readonly availability: Availability;
  readonly traffic: Traffic;
  readonly clock: () => number;
  /** Differs whenever a row of these tables (of any, without them) may have changed, by this process or another. */
  readonly changeToken: (...tables: TableName[]) => Promise<string>;
  /** The same, as of `since` (of `performance.now()`) or later. */
  readonly changeTokenSince: (since: number) => Promise<string>;
  /** Starts the tree Workers; tells, when all stand, how they walk. */
  walkForm(): Promise<WalkForm>;
  /** Starts the work in the background: leftovers of the last run, jobs, retention. */
  start(): void;
  /** Idempotent. Ends the background work, leaves unfinished purges to the next start, closes the files. */
  stop(): Promise<void>;
}

/**
 * Opens database and training_data and settles what the last run left: when it resolves, records and disk agree.
 *
 * @throws {PipekeepError} storage_failed, when either cannot be used
 */
export async function createApp(config: AppConfig, seams: AppSeams = {}): Promise<App> {
  const clock = seams.clock ?? Date.now;
  const traffic = new Traffic();
  const pool = new TreePool({
    size: config.delete_concurrency,
    isBusy: () => traffic.isBusy(),
    libraries: seams.libraries,
  });
  const database = await openStore(config.database, { commitFault: seams.commitFault });
  let availability: Availability | undefined;
  let leftovers: DeletionRow[] = [];
  try {
    availability = await openTrainingData(database, {
      path: config.training_data,
      pool,
      accept: config.accept_training_data ?? false,
    });
    if (availability.reason === undefined) {
      const trainingData = availability.use();
      leftovers = await recoverDeletions(database, trainingData, {
        now: clock(),
        retention_ms: config.trash_retention_ms,
      });
      if (config.demo) await fillWithSamples(database, trainingData, clock());
      await reconcile(database, trainingData, clock(), { accepts_empty: true });
    }
  } catch (error) {
    pool.close();
    availability?.close();
    await database.close();
    throw error;
  }
  return assemble({ database, availability, leftovers, pool, traffic, clock, config, seams });
}

function assemble(parts: {
  database: Database;
  availability: Availability;
  leftovers: DeletionRow[];
  pool: TreePool;
  traffic: Traffic;
  clock: () => number;
  config: AppConfig;
  seams: AppSeams;
}): App {
  const { database, availability, leftovers, pool, traffic, clock, config, seams } = parts;
  const retention_ms = config.trash_retention_ms;
  const events = seams.events ?? new Events();
  const deferred = new DeferredWrites(database);
  const ids = () => newId(clock());
  const deletion = new Deletion({ database, availability, retention_ms, deferred, events, clock, ids });
  const jobs = new Jobs(database, events, clock);
  const runner = new Runner(database, deletion, events, clock);
  const purger = new TrashPurger({ database, availability, deferred, clock, leftovers });
  const reconciler = new Reconciler({ database, availability, clock }, seams.reconciler);
  const taskEvents = new TaskEvents(database);
  const leases = new Leases(database, taskEvents, clock);
  let stopped: Promise<void> | undefined;
  return {
    tasks: new PipelineTasks(database, availability, clock),
    reconciler,
    deletion,
    preview: new DeletionPreview({ database, availability, retention_ms, clock }),
    log: new DeletionLog(database),
    jobs,
    background: new BackgroundTasks(database, leases, taskEvents, clock),
    leases,
    taskEvents,
    events,
    keys: new ApiKeys(database, clock),
    projects: new Projects(database, clock),
    availability,
    traffic,
    clock,
    walkForm: () => pool.warm(),
    changeToken: (...tables) => database.changeToken(...tables),
    changeTokenSince: (since) => database.changeTokenSince(since),
    start() {
      taskEvents.start();
      leases.start();
      if (availability.reason !== undefined) return;
      void pool.warm();
      purger.start();
      reconciler.start();
      // A job that was interrupted would find its last directory still being purged.
      void purger.settled.then(() => runner.start());
    },
    stop() {
      stopped ??= (async () => {
        pool.close();
        await Promise.all([
          runner.stop(),
          purger.stop(),
          reconciler.stop(),
          leases.stop(),
          taskEvents.stop(),
        ]);
        availability.close();
        await database.close();
      })();
      return stopped;
    },
  };
}
