/** Puts the program together, without HTTP: what tests boot in a temporary folder, and `serve` beside its server. */
import { getLogger } from "@logtape/logtape";
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
import { LogSealer } from "./deletion/log_sealer.ts";
import { type LogVerdict, verifyLog } from "./deletion/verify_log.ts";
import { Leases } from "./background/leases.ts";
import { openStore } from "./open_store.ts";
import { Reserve, type ReserveOptions } from "./reserve.ts";
import { DeferredWrites } from "./deletion/deferred_writes.ts";
import { PipelineTasks } from "./tasks/pipeline_tasks.ts";
import { Projects } from "./access/projects.ts";
import { recoverDeletions } from "./deletion/recover.ts";
import { openTrainingData } from "./tasks/open.ts";
import { TrashPurger, type TrashPurgerOptions } from "./deletion/trash_purger.ts";
import { TaskFileAccess } from "./tasks/task_files.ts";
import { TrashRetries, type TrashRetriesOptions } from "./deletion/retries.ts";
import { Runner } from "./jobs/runner.ts";
import { TaskEvents } from "./background/task_events.ts";
import { Traffic } from "./training_data/traffic.ts";
import type { WalkForm } from "./training_data/tree_walk.ts";
import { TreePool } from "./training_data/tree_pool.ts";

const log = getLogger(["pipekeep", "app"]);

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
  /** A clock in milliseconds that nobody sets; where `clock` is replaced and this is not, it goes with that one. */
  monotonic?: () => number;
  events?: Events;
  /** How soon the trash is looked at again. */
  purger?: TrashPurgerOptions;
  /** How soon records follow the disk. */
  reconciler?: ReconcilerOptions;
  /** How soon what is stuck in the trash is tried again. */
  retries?: TrashRetriesOptions;
  /** Where libc lies; none: the walk by the runtime's calls. */
  libraries?: readonly string[];
  /** How soon the reserve is made again. */
  reserve?: ReserveOptions;
  /** Commits that report an error. */
  commitFault?: CommitFault;
}

export interface App {
  readonly tasks: PipelineTasks;
  readonly files: TaskFileAccess;
  readonly reconciler: Reconciler;
  readonly retries: TrashRetries;
  readonly deletion: Deletion;
  readonly preview: DeletionPreview;
  readonly log: DeletionLog;
  /** Checks the hash chain of the log. */
  readonly verifyLog: () => Promise<LogVerdict>;
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
  /** Starts the Workers that use libc; tells, when all stand, how trees are walked. */
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
  const reserve = new Reserve({ database: config.database }, seams.reserve);
  const { commitFault } = seams;
  const database = await openStore(config.database, { commitFault, reserve, exclusive: true });
  let availability: Availability | undefined;
  let leftovers: DeletionRow[] = [];
  try {
    availability = await openTrainingData(database, {
      path: config.training_data,
      pool,
      makeSpace: (device) => reserve.giveUp(device),
      accept: config.accept_training_data ?? false,
      now: clock(),
    });
    if (availability.reason === undefined) {
      const trainingData = availability.use();
      leftovers = await recoverDeletions(database, trainingData, {
        now: clock(),
        retention_ms: config.trash_retention_ms,
        ids: () => newId(clock()),
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
  return assemble({ database, availability, leftovers, reserve, pool, traffic, clock, config, seams });
}

function assemble(parts: {
  database: Database;
  availability: Availability;
  leftovers: DeletionRow[];
  reserve: Reserve;
  pool: TreePool;
  traffic: Traffic;
  clock: () => number;
  config: AppConfig;
  seams: AppSeams;
}): App {
  const { database, availability, leftovers, reserve, pool, traffic, clock, config, seams } = parts;
  const retention_ms = config.trash_retention_ms;
  const events = seams.events ?? new Events();
  const monotonic = seams.monotonic ?? seams.clock ?? (() => performance.now());
  const deferred = new DeferredWrites({ database });
  const ids = () => newId(clock());
  const deletion = new Deletion({ database, availability, retention_ms, deferred, events, clock, ids });
  const jobs = new Jobs({ database, events, clock });
  // Without a training_data nothing is run.
  const volumeId = availability.reason === undefined ? availability.use().volumeId : "";
  const runner = new Runner({ database, deletion, events, volumeId, clock });
  const purger = new TrashPurger(
    { database, availability, deferred, clock, monotonic, leftovers },
    seams.purger,
  );
  const retries = new TrashRetries({ database, availability, deferred, clock }, seams.retries);
  const sealer = new LogSealer(database);
  const reconciler = new Reconciler({ database, availability, clock, monotonic }, seams.reconciler);
  const taskEvents = new TaskEvents({ database });
  const leases = new Leases({ database, taskEvents, clock });
  let stopped: Promise<void> | undefined;
  return {
    tasks: new PipelineTasks({ database, availability, clock }),
    files: new TaskFileAccess({ database, availability }),
    reconciler,
    retries,
    deletion,
    preview: new DeletionPreview({ database, availability, retention_ms, clock }),
    log: new DeletionLog(database),
    verifyLog: () => verifyLog(database),
    jobs,
    background: new BackgroundTasks({ database, leases, taskEvents, clock }),
    leases,
    taskEvents,
    events,
    keys: new ApiKeys({ database, clock }),
    projects: new Projects({ database, clock }),
    availability,
    traffic,
    clock,
    async walkForm() {
      if (availability.reason === undefined) await availability.useFiles().warm();
      return await pool.warm();
    },
    changeToken: (...tables) => database.changeToken(...tables),
    changeTokenSince: (since) => database.changeTokenSince(since),
    start() {
      taskEvents.start();
      leases.start();
      reserve.start();
      sealer.start();
      if (availability.reason !== undefined) return;
      pool.warm().catch((error) => log.error("no tree Worker starts: {error}", { error }));
      purger.start();
      reconciler.start();
      // A job that was interrupted would find its last directory still being purged.
      void purger.settled.then(() => {
        runner.start();
        if (stopped === undefined) retries.start();
      });
    },
    stop() {
      stopped ??= (async () => {
        pool.close();
        await Promise.all([
          runner.stop(),
          purger.stop(),
          retries.stop(),
          reconciler.stop(),
          leases.stop(),
          reserve.stop(),
          sealer.stop(),
          taskEvents.stop(),
        ]);
        availability.close();
        await database.close();
      })();
      return stopped;
    },
  };
}
