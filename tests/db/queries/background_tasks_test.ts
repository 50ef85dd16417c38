/** That no query on background tasks reads more of them than it has to, however many there are. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { boot } from "../../_harness.ts";
import { claimed, create, execute, report, V1 } from "../../_support/background.ts";
import { statementsOf } from "../../_support/statements.ts";

Deno.test("every query on background tasks goes by the index that was made for it", async (t) => {
  const statements = await statementsOf(async () => {
    await using harness = await boot();
    for (const query of ["", "?project_id=1", "?status=running", "?project_id=1&status=running"]) {
      await harness.call("GET", V1 + query);
      await harness.call("GET", `${V1}${query === "" ? "?" : query + "&"}page=1`);
    }
    await create(harness, { idempotency_key: "k" });
    await harness.call("GET", `${V1}/1`);
    await harness.call("POST", `${V1}/1/cancel`);
    const task = await claimed(harness, {}, { task_types: ["search", "ocr"] });
    const watch = await harness.app.background.watch(task.id);
    execute(harness, "UPDATE background_tasks SET version = version + 1 WHERE id = ?", task.id);
    assert.equal(await harness.app.taskEvents.runOnce(), 1);
    watch.close();
    await report(harness, task);
    await report(harness, task, { progress: 1 });
    await report(harness, task, { status: "completed" });
    await harness.app.leases.runOnce(0);
  });
  const wanted = [...statements].filter((sql) =>
    /background_tasks/.test(sql) && !/^\s*(CREATE|INSERT)/i.test(sql) && !/WHERE id = \?$/.test(sql)
  );
  assert.ok(wanted.length >= 12, `only ${wanted.length} statements`);
  await using harness = await boot();
  using store = new DatabaseSync(`${harness.folder}/pipekeep.db`);
  for (const sql of wanted) {
    await t.step(sql.replace(/\s+/g, " ").slice(0, 150), () => {
      const plan = store.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row.detail));
      for (const step of plan) {
        if (!/\b(background_tasks|AS t|t)\b/.test(step)) continue;
        assert.match(step, /USING (COVERING INDEX|INDEX|INTEGER PRIMARY KEY)/, plan.join("\n"));
        // Those of the list have all pending tasks, or all of a project, under one key.
        if (/^\s*update/i.test(sql)) assert.doesNotMatch(step, /_newest|_by_/, plan.join("\n"));
      }
      if (/order by "created_at"/.test(sql)) assert.doesNotMatch(plan.join("\n"), /TEMP B-TREE/);
    });
  }
});
