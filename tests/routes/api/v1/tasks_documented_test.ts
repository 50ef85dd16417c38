/** The curl lines of the source document as they are printed, but for host and port, and the answers printed with them. */
import assert from "node:assert/strict";
import { boot, type Harness } from "../../../_harness.ts";
import { execute } from "../../../_support/background.ts";

const LINES = {
  list: `curl -X GET "http://localhost:8000/api/v1/tasks?project_id=1&status=running&limit=20"`,
  detail: `curl -X GET "http://localhost:8000/api/v1/tasks/42"`,
  cancel: `curl -X POST "http://localhost:8000/api/v1/tasks/42/cancel"`,
};

async function run(harness: Harness, line: string): Promise<unknown> {
  const command = line.replace("http://localhost:8000", harness.url);
  assert.notEqual(command, line);
  const { code, stdout } = await new Deno.Command("/bin/sh", { args: ["-c", `${command} -s`] }).output();
  assert.equal(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Task 42 of the document, running or completed. */
async function withTask42(isOver: boolean): Promise<Harness> {
  const harness = await boot();
  const at = (minutes: number, seconds: number) => new Date(2025, 2, 12, 10, minutes, seconds).getTime();
  execute(
    harness,
    `INSERT INTO background_tasks (id, project_id, task_type, status, progress, total, priority, attempts,
       max_attempts, version, created_at, run_at, due, started_at, completed_at, worker, lease_token, lease_seconds,
       lease_expires_at, error_message, result, params)
     VALUES (42, 1, 'search', ?, ?, 100, 0, 1, 3, 1, ?, ?, 1, ?, ?, 'w', ?, ?, ?, '', ?, ?)`,
    ...isOver ? ["completed", 100] : ["running", 30],
    at(0, 0),
    at(0, 0),
    at(0, 1),
    ...isOver ? [at(2, 30), null, null, null] : [null, "token", 60, Date.now() + 60_000],
    isOver ? '{"papers_found": 15, "imported": 10}' : null,
    '{"query": "machine learning", "sources": ["semantic_scholar"]}',
  );
  return harness;
}

Deno.test("the document's list line answers what the document says", async () => {
  await using harness = await withTask42(false);
  assert.deepEqual(await run(harness, LINES.list), {
    "code": 200,
    "message": "success",
    "data": [
      {
        "id": 42,
        "project_id": 1,
        "task_type": "search",
        "status": "running",
        "progress": 30,
        "total": 100,
        "created_at": "2025-03-12T10:00:00",
      },
    ],
  });
});

Deno.test("the document's detail line answers what the document says, and what came later", async () => {
  await using harness = await withTask42(true);
  assert.deepEqual(await run(harness, LINES.detail), {
    "code": 200,
    "message": "success",
    "data": {
      "id": 42,
      "project_id": 1,
      "task_type": "search",
      "status": "completed",
      "progress": 100,
      "total": 100,
      "params": { "query": "machine learning", "sources": ["semantic_scholar"] },
      "result": { "papers_found": 15, "imported": 10 },
      "error_message": "",
      "created_at": "2025-03-12T10:00:00",
      "started_at": "2025-03-12T10:00:01",
      "completed_at": "2025-03-12T10:02:30",
      priority: 0,
      attempts: 1,
      max_attempts: 3,
      run_at: "2025-03-12T10:00:00",
      worker: "w",
    },
  });
});

Deno.test("the document's cancel line answers what the document says, and 400 the second time", async () => {
  await using harness = await withTask42(false);
  const cancelled = { "code": 200, "message": "Task cancelled", "data": null };
  assert.deepEqual(await run(harness, LINES.cancel), cancelled);
  assert.deepEqual(await run(harness, LINES.cancel), {
    code: 400,
    message: "Cannot cancel task in cancelled state",
    data: null,
  });
});

Deno.test("the document's lines answer 404 without their task, and an empty list", async () => {
  await using harness = await boot();
  const notFound = { code: 404, message: "Task not found", data: null };
  assert.deepEqual(await run(harness, LINES.list), { code: 200, message: "success", data: [] });
  assert.deepEqual(await run(harness, LINES.detail), notFound);
  assert.deepEqual(await run(harness, LINES.cancel), notFound);
});
