/** What every engine has to do alike: tables of tests that get a database, and rows to fill it with. */
import type { Database } from "../../../db/database.ts";
import type { NewBackgroundTask, NewDeletion, NewStep, NewTask } from "../../../db/schema.ts";

/** The volume of the rows, where a test speaks of one alone. */
export const VOLUME = "volume";

export interface TestStore extends AsyncDisposable {
  database: Database;
}

/** Opens an empty database of this program's schema. */
export type OpenStore = () => Promise<TestStore>;

/** Test name → test; each gets a database of its own. */
export type Conformance = Record<string, (database: Database) => Promise<void>>;

/** Registers a table's tests for an engine. */
export function register(engine: string, tests: Conformance, openStore: OpenStore): void {
  for (const [name, run] of Object.entries(tests)) {
    Deno.test(`${name} (${engine})`, async () => {
      await using store = await openStore();
      await run(store.database);
    });
  }
}

export function task(task_id: string, more: Partial<NewTask> = {}): NewTask {
  return {
    task_id,
    task_name: null,
    task_type: "data_workflow",
    status: "pending",
    step_status: null,
    db_name: null,
    business_context: null,
    result: null,
    error_message: null,
    created_by: "u",
    created_at: 1000,
    started_at: null,
    completed_at: null,
    updated_at: null,
    directory_exists: 1,
    directory_size_bytes: null,
    ...more,
  };
}

export function step(task_id: string, position: number, more: Partial<NewStep> = {}): NewStep {
  return {
    task_id,
    position,
    step_name: `step ${position}`,
    step_status: "pending",
    execution_id: null,
    started_at: null,
    completed_at: null,
    error_message: null,
    ...more,
  };
}

export function deletion(deletion_id: string, task_id: string, more: Partial<NewDeletion> = {}): NewDeletion {
  return {
    deletion_id,
    task_id,
    state: "intent",
    who: "w",
    request_id: "r",
    job_id: null,
    delete_database_records: 0,
    force: 0,
    requested_at: 1000,
    trashed_at: null,
    purge_at: null,
    finished_at: null,
    duration_ms: null,
    deleted_files_count: null,
    deleted_size_bytes: null,
    unmeasured_files: null,
    allocated_bytes: null,
    freed_bytes: null,
    directories_count: null,
    links_count: null,
    error_code: null,
    error: null,
    ...more,
  };
}

export function backgroundTask(more: Partial<NewBackgroundTask> = {}): NewBackgroundTask {
  return {
    project_id: 1,
    task_type: "search",
    status: "pending",
    progress: 0,
    total: 0,
    priority: 0,
    attempts: 0,
    max_attempts: 2,
    version: 1,
    created_at: 1000,
    run_at: 1000,
    due: 1,
    started_at: null,
    completed_at: null,
    worker: null,
    lease_token: null,
    lease_seconds: null,
    lease_expires_at: null,
    idempotency_key: null,
    error_message: "",
    result: null,
    params: "{}",
    ...more,
  };
}
