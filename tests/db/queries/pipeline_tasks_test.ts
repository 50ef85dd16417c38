/** That no query on tasks, deletions and jobs reads more of them than it has to, however many there are. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { boot, until, V0 } from "../../_harness.ts";
import { statementsOf } from "../../_support/statements.ts";

Deno.test("every query on tasks, deletions and jobs goes by an index", async (t) => {
  const statements = await statementsOf(async () => {
    await using server = await boot({ config: { trash_retention_ms: 1000 } });
    const key = (await server.app.projects.list())[0]!.project_key;
    for (const id of ["a", "b", "c"]) await server.app.tasks.register({ task_id: id, created_by: "u" });
    const filters = ["", "&status=completed", "&directory_exists=true", "&created_by=u", "&db_name=d"];
    for (const filter of [...filters, "&task_name=abc", "&created_after=2025-01-01&status=failed"]) {
      const { body } = await server.call("GET", `${V0}/tasks?limit=1${filter}`);
      const cursor = body.data.next_cursor;
      if (cursor) await server.call("GET", `${V0}/tasks?limit=1${filter}&cursor=${cursor}`);
    }
    for (const filter of ["", "&task_id=a", "&who=x", "&request_id=x", "&job_id=1", "&outcome=purged"]) {
      await server.call("GET", `${V0}/deletions?limit=1${filter}`);
    }
    await server.call("DELETE", `${V0}/tasks`, { task_ids: ["a", "gone"], confirm: true });
    await server.call("DELETE", `${V0}/tasks`, {
      task_ids: ["b"],
      confirm: true,
      delete_database_records: true,
    });
    await server.call("PATCH", `${V0}/tasks/c/steps/ddl_generation`, { step_status: "completed" });
    const job = await server.app.jobs.deleteTasks(
      ["c"],
      { delete_database_records: false, force: true, continue_on_error: true },
      { who: "w", request_id: "r" },
    );
    await until(async () => (await server.app.jobs.get(job.job_id)).status === "completed", "the job");
    await server.app.jobs.deleteUser(1, "u", { who: "w", request_id: "r" });
    const { api_key } = await server.app.keys.create("k", "read");
    for (const query of ["", "?status=scheduled", "?action=cleanup", "?order=desc"]) {
      await server.call("GET", `/public/${key}/jobs${query}`, undefined, {
        authorization: `Bearer ${api_key}`,
      });
    }
  });
  const tables = /data_pipeline_tasks|data_pipeline_task_steps|deletions|jobs/;
  const wanted = [...statements].filter((sql) =>
    tables.test(sql) && !/^\s*(CREATE|INSERT|PRAGMA|ALTER|DROP)/i.test(sql)
  );
  assert.ok(wanted.length >= 25, `only ${wanted.length} statements`);
  await using server = await boot();
  using store = new DatabaseSync(`${server.folder}/pipekeep.db`);
  for (const sql of wanted) {
    // The total of a list looks at everything that it is the total of.
    if (/count\(\*\)/.test(sql)) continue;
    await t.step(sql.replace(/\s+/g, " ").slice(0, 150), () => {
      const plan = store.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row.detail));
      for (const step of plan) {
        assert.doesNotMatch(step, /^SCAN (data_pipeline\w*|deletions|jobs|t|s|d)$/, plan.join("\n"));
      }
      if (/order by "(created_at|requested_at)" desc/.test(sql) && !/task_names/.test(sql)) {
        assert.doesNotMatch(plan.join("\n"), /TEMP B-TREE/, plan.join("\n"));
      }
    });
  }
});
