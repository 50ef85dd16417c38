/**
 * The same page by the runtime alone: one prepared statement, `JSON.stringify`, `Deno.serve`. No count, no checks, no log, no
 * entity tag, and times as they are stored: how fast a server on this runtime can be that does nothing else.
 *
 *     bare_list.ts PIPEKEEP_DB
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

const COLUMNS =
  `task_id, project_id, task_name, task_type, status, step_status, created_at, started_at, completed_at,
  created_by, db_name, business_context, directory_exists, updated_at, directory_size_bytes`;

using database = new DatabaseSync(Deno.args[0]!, { readOnly: true });
const page = database.prepare(
  `SELECT ${COLUMNS} FROM data_pipeline_tasks ORDER BY created_at DESC, task_id DESC LIMIT ? OFFSET ?`,
);
const headers = { "content-type": "application/json; charset=utf-8" };
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
}, (request) => {
  const query = new URL(request.url).searchParams;
  const limit = Number(query.get("limit"));
  const tasks = page.all(limit, Number(query.get("offset")));
  const data = { tasks, total: 100_000, limit };
  return new Response(JSON.stringify({ success: true, code: 200, data }), { headers });
});
await server.finished;
