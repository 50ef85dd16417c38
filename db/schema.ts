/** The tables as Kysely sees them. Column names are the JSON's names; times are epoch milliseconds (UTC). */
import type { BackgroundTaskStatus, BackgroundTaskType } from "../domain/background_task_states.ts";
import type { DeletionState } from "../domain/deletion_states.ts";
import type { JobAction, JobStatus } from "../domain/job_states.ts";
import type { Role } from "../domain/roles.ts";
import type { StepStatus, StepSummary, TaskStatus } from "../domain/task_states.ts";
import type { ColumnType, Generated, Insertable, Selectable } from "kysely";

/** Null when a row is inserted, unless told. */
type Later<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;

/** SQLite has no booleans: 0 or 1. */
export type Flag = 0 | 1;

export interface SettingsTable {
  name: string;
  value: string;
}

export interface ProjectsTable {
  id: Generated<number>;
  name: string;
  project_key: string;
  created_at: number;
}

export interface TasksTable {
  /** Of the training_data that its directory lies in; '' until a start has claimed the row. */
  volume_id: string;
  id: Generated<number>;
  task_id: string;
  project_id: Generated<number>;
  task_name: string | null;
  task_type: string;
  status: TaskStatus;
  step_status: StepSummary | null;
  db_name: string | null;
  business_context: string | null;
  /** JSON text of an object. */
  parameters: ColumnType<string, string | undefined, string>;
  /** JSON text. */
  result: string | null;
  error_message: string | null;
  created_by: string;
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
  updated_at: number | null;
  directory_exists: Flag;
  directory_size_bytes: number | null;
  /** When a pipeline last said something of it. */
  reported_at: number | null;
}

export interface StepsTable {
  volume_id: string;
  task_id: string;
  position: number;
  step_name: string;
  step_status: StepStatus;
  execution_id: string | null;
  started_at: number | null;
  completed_at: number | null;
  error_message: string | null;
}

export interface DeletionsTable {
  volume_id: string;
  deletion_id: string;
  task_id: string;
  state: DeletionState;
  who: string;
  request_id: string;
  job_id: number | null;
  delete_database_records: Flag;
  force: Flag;
  directory_deleted: ColumnType<Flag, Flag | undefined, Flag>;
  requested_at: number;
  trashed_at: number | null;
  purge_at: number | null;
  finished_at: number | null;
  duration_ms: number | null;
  deleted_files_count: number | null;
  deleted_size_bytes: number | null;
  unmeasured_files: number | null;
  /** Bytes of all blocks, those of directories among them; and of those that no link outside keeps. */
  allocated_bytes: number | null;
  freed_bytes: number | null;
  directories_count: number | null;
  /** Symbolic links, which deleted_files_count has too. */
  links_count: number | null;
  /** What the purge, and everybody else meanwhile, did to the file system's free bytes. */
  free_bytes_change: Later<number>;
  /** How often its entry in the trash resisted, and since when. */
  failed_attempts: Later<number>;
  stuck_since: Later<number>;
  /** Its place in the chain; null until the row is final. The hash is over the whole row, see domain/seal.ts. */
  sequence: Later<number>;
  previous_hash: Later<string>;
  hash: Later<string>;
  error_code: string | null;
  error: string | null;
}

/** The end of the chain of sealed deletions: one row. */
export interface DeletionChainTable {
  id: number;
  sequence: number;
  hash: string;
}

export interface JobsTable {
  job_id: Generated<number>;
  project_id: number;
  action: JobAction;
  reference_id: string;
  description: string;
  status: JobStatus;
  /** JSON text of an object; its shape goes with `action`. */
  params: string;
  who: string;
  request_id: string;
  start_at: number;
  created_at: number;
  updated_at: number | null;
  errors: string | null;
  directories: Generated<number>;
  directories_total: Generated<number>;
  files: Generated<number>;
  bytes: Generated<number>;
  /** By which whoever made it finds it again. */
  token: string | null;
  /** The runner that has it, or had it last. */
  holder: string | null;
  /** How often it was claimed. */
  epoch: Generated<number>;
  lease_expires_at: number | null;
  /** When its tasks were chosen; null: not yet. */
  selected_at: number | null;
}

/** The tasks that a job chose when it started, in its order. */
export interface JobItemsTable {
  job_id: number;
  position: number;
  task_id: string;
}

/** Full-text index of task names by trigram; `rowid` is the task's `id`. */
export interface TaskNamesTable {
  rowid: number;
  task_names: string;
}

export interface ApiKeysTable {
  key_id: string;
  name: string;
  role: Role;
  hash: string;
  created_at: number;
  revoked_at: number | null;
}

export interface BackgroundTasksTable {
  id: Generated<number>;
  project_id: number;
  task_type: BackgroundTaskType;
  status: BackgroundTaskStatus;
  progress: number;
  /** 0: unknown. */
  total: number;
  /** A higher number goes first. */
  priority: number;
  /** How often it was claimed. */
  attempts: number;
  max_attempts: number;
  /** One more with every change that a reader can see. */
  version: number;
  created_at: number;
  run_at: number;
  /** 0 while it waits for `run_at`. */
  due: Flag;
  started_at: number | null;
  completed_at: number | null;
  worker: string | null;
  lease_token: string | null;
  lease_seconds: number | null;
  lease_expires_at: number | null;
  idempotency_key: string | null;
  error_message: string;
  /** JSON text of an object. */
  result: string | null;
  /** JSON text of an object. */
  params: string;
}

export interface Tables {
  settings: SettingsTable;
  task_names: TaskNamesTable;
  projects: ProjectsTable;
  data_pipeline_tasks: TasksTable;
  data_pipeline_task_steps: StepsTable;
  deletions: DeletionsTable;
  deletion_chain: DeletionChainTable;
  jobs: JobsTable;
  job_items: JobItemsTable;
  background_tasks: BackgroundTasksTable;
  api_keys: ApiKeysTable;
}

export type TaskRow = Selectable<TasksTable>;
/** What is inserted gets its volume on the way. */
export type NewTask = Omit<Insertable<TasksTable>, "volume_id">;
export type NewStep = Omit<StepRow, "volume_id">;
export type StepRow = Selectable<StepsTable>;
export type DeletionRow = Selectable<DeletionsTable>;
export type NewDeletion = Omit<Insertable<DeletionsTable>, "volume_id">;
export type ApiKeyRow = Selectable<ApiKeysTable>;
export type JobRow = Selectable<JobsTable>;
export type BackgroundTaskRow = Selectable<BackgroundTasksTable>;
export type NewBackgroundTask = Insertable<BackgroundTasksTable>;
