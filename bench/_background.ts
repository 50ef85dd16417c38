/** Background tasks as they wait in a database, inserted by one statement. */
import { DatabaseSync } from "node:sqlite";
import { migrate } from "../db/migrations.ts";
import { openDatabase } from "../db/dialects/sqlite/sqlite.ts";

/** The id of the newest, see {@linkcode insertBackgroundTasks}. */
export const NEWEST = 1_000_000;
/** As one of so many: none. */
export const NONE = 2 * NEWEST;

/**
 * Makes the database with so many tasks: some of every type, one in `runningOf` running, the others pending. Whatever
 * their number, the newest is {@linkcode NEWEST}: answers of other lengths would not compare.
 */
export async function insertBackgroundTasks(path: string, count: number, runningOf: number): Promise<void> {
  const database = openDatabase(path);
  await migrate(database);
  await database.close();
  using store = new DatabaseSync(path);
  store.exec("PRAGMA synchronous = OFF");
  store.prepare(`
    WITH RECURSIVE n (i) AS (SELECT ${NEWEST - count + 1} UNION ALL SELECT i + 1 FROM n WHERE i < ${NEWEST}),
    task AS (
      SELECT i, i % ${runningOf} = 0 AS running, 1735689600000 + i * 137 AS at,
        CASE i % 6 WHEN 0 THEN 'search' WHEN 1 THEN 'dedup' WHEN 2 THEN 'crawl' WHEN 3 THEN 'ocr' WHEN 4 THEN 'index'
          ELSE 'keyword_expand' END AS type
      FROM n)
    INSERT INTO background_tasks (id, project_id, task_type, status, progress, total, priority, attempts, max_attempts,
      version, created_at, run_at, due, started_at, worker, lease_token, lease_seconds, lease_expires_at,
      error_message, params)
    SELECT i, 1, type, iif(running, 'running', 'pending'), 0, 100, i % 10, running, 3, 1, at, at, 1, iif(running, at, null),
      iif(running, 'bench', null), iif(running, 'lease ' || i, null), iif(running, 86400, null),
      iif(running, 4102444800000, null), '',
      json_object('query', 'machine learning ' || i, 'sources', json_array('semantic_scholar', 'arxiv'))
    FROM task`).run();
}
