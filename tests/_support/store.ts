/** A second connection to the server's SQLite file, as another process would have one. */
import { DatabaseSync } from "node:sqlite";
import type { Harness } from "../_harness.ts";

export function withStore<Result>(harness: Harness, use: (store: DatabaseSync) => Result): Result {
  const store = new DatabaseSync(`${harness.folder}/pipekeep.db`);
  try {
    store.exec("PRAGMA busy_timeout = 2000");
    return use(store);
  } finally {
    store.close();
  }
}

/** The volume that the server opened, as SQL. */
const VOLUME =
  `(SELECT substr(name, 8) FROM settings WHERE name LIKE 'volume:%' ORDER BY value ->> 'opened_at' DESC LIMIT 1)`;

/** Writes down that somebody else's deletion of this task has begun. */
export function beginDeletion(harness: Harness, taskId: string): void {
  withStore(harness, (store) => {
    store.prepare(`
      INSERT INTO deletions (volume_id, deletion_id, task_id, state, who, request_id, delete_database_records, force, requested_at)
      VALUES (${VOLUME}, ?, ?, 'intent', 'somebody', 'r-1', 0, 0, ?)`).run(
      `0-${taskId.toLowerCase()}`,
      taskId,
      Date.now(),
    );
  });
}

/** Makes the database refuse what `event` names, with a text that no answer may repeat. */
export function refuseInStore(harness: Harness, event: string): void {
  withStore(harness, (store) => {
    store.exec(`CREATE TRIGGER refusal ${event} BEGIN SELECT RAISE(ABORT, 'secret_refusal'); END`);
  });
}

export function acceptInStore(harness: Harness): void {
  withStore(harness, (store) => store.exec("DROP TRIGGER refusal"));
}

/** Rows as some other program would write it. */
export function insertTasks(
  harness: Harness,
  ...rows: { task_id: string; task_name?: string; created_at?: number }[]
) {
  withStore(harness, (store) => {
    store.exec("BEGIN IMMEDIATE");
    const insert = store.prepare(`
      INSERT INTO data_pipeline_tasks (volume_id, task_id, task_name, task_type, status, created_by, created_at, directory_exists)
      VALUES (${VOLUME}, ?, ?, 'data_workflow', 'pending', 'elsewhere', ?, 1)`);
    for (const { task_id, task_name = null, created_at = 0 } of rows) {
      insert.run(task_id, task_name, created_at);
    }
    store.exec("COMMIT");
  });
}
