/** The row that a deletion begins with. */
import type { NewDeletion } from "../../db/schema.ts";

/** Who asked for what, of one task; `requested_at` in epoch milliseconds. */
export interface DeletionRequest {
  deletion_id: string;
  task_id: string;
  who: string;
  request_id: string;
  job_id: number | null;
  delete_database_records: boolean;
  force: boolean;
  requested_at: number;
}

/** An `intent`: nothing has happened yet. */
export function intentRow(request: DeletionRequest): NewDeletion {
  return {
    deletion_id: request.deletion_id,
    task_id: request.task_id,
    state: "intent",
    who: request.who,
    request_id: request.request_id,
    job_id: request.job_id,
    delete_database_records: request.delete_database_records ? 1 : 0,
    force: request.force ? 1 : 0,
    requested_at: request.requested_at,
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
  };
}
