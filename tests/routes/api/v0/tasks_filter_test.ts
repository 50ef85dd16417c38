import assert from "node:assert/strict";
import { boot, V0 } from "../../../_harness.ts";
import { listTasks, register, standingClock } from "../../../_support/scenarios.ts";
import { insertTasks, withStore } from "../../../_support/store.ts";

Deno.test("GET /tasks narrows by each filter, and by all together", async (t) => {
  const clock = standingClock();
  const at = (ms: number) => encodeURIComponent(new Date(clock.now + ms).toISOString());
  const start = clock.now;
  await using harness = await boot({ seams: { clock: clock.read } });
  for (const [i, created_by] of ["guest", "li.na", "li.na", "夜间"].entries()) {
    clock.now = start + i * 1000;
    await harness.call("POST", `${V0}/tasks`, {
      task_id: `t${i}`,
      created_by,
      task_name: `run ${i}`,
      ...(i < 3 && { db_name: i === 0 ? "a_db" : "b_db" }),
    });
  }
  clock.now = start;
  await harness.call("PATCH", `${V0}/tasks/t1`, { status: "running" });
  await harness.call("PATCH", `${V0}/tasks/t2`, { status: "completed" });
  await harness.call("DELETE", `${V0}/tasks/t3`, { confirm: true });
  const local = "2025-07-02T22:57:22.317";
  const cases: [query: string, ids: string[]][] = [
    ["", ["t3", "t2", "t1", "t0"]],
    ["?status=running", ["t1"]],
    ["?status=in_progress", ["t1"]],
    ["?status=pending", ["t3", "t0"]],
    ["?status=cancelled", []],
    ["?directory_exists=true", ["t2", "t1", "t0"]],
    ["?directory_exists=false", ["t3"]],
    ["?created_by=li.na", ["t2", "t1"]],
    [`?created_by=${encodeURIComponent("夜间")}`, ["t3"]],
    ["?created_by=li", []],
    ["?db_name=b_db", ["t2", "t1"]],
    ["?db_name=B_DB", []],
    ["?task_name=run%202", ["t2"]],
    [`?created_after=${at(1500)}`, ["t3", "t2"]],
    [`?created_before=${at(1500)}`, ["t1", "t0"]],
    [`?created_after=${at(500)}&created_before=${at(2500)}`, ["t2", "t1"]],
    [`?created_after=${local}&created_before=2025-07-02T22:57:22.318`, ["t1"]],
    [`?created_after=${local}000`, ["t3", "t2", "t1"]],
    ["?created_after=2025-07-03", []],
    ["?created_before=2025-07-02", []],
    ["?created_after=2025-07-02", ["t3", "t2", "t1", "t0"]],
    ["?created_by=li.na&db_name=b_db&status=completed&directory_exists=true&task_name=run", ["t2"]],
    ["?created_by=li.na&status=pending", []],
  ];
  for (const [query, ids] of cases) {
    await t.step(query, async () => {
      const found = await listTasks(harness, query);
      assert.deepEqual(found.ids, ids);
      assert.equal(found.total, ids.length);
    });
  }
});

Deno.test("GET /tasks finds a part of the name, of any length and with any character", async (t) => {
  await using harness = await boot();
  const names = [
    "100% done",
    "100 done",
    "a_b",
    "axb",
    'say "hi"',
    "it's",
    "back\\slash",
    "高速公路服务区管理系统",
    "服务",
    "q",
    "near(x) or y*",
    "-minus ^caret :colon {brace}",
    "🚀 rocket 🚀🚀",
    "tab\there",
    "  spaces  ",
  ];
  for (const [i, task_name] of names.entries()) {
    await harness.call("POST", `${V0}/tasks`, { task_id: `t${i}`, task_name });
  }
  await register(harness, "nameless");
  const parts = [
    "%",
    "_",
    "0%",
    "100%",
    "%%%",
    "___",
    "a_b",
    '"',
    '""',
    '"hi"',
    "'",
    "it's",
    "\\",
    "\\s",
    "k\\s",
    "服",
    "服务",
    "服务区",
    "区管理系",
    "务区管理系统",
    "q",
    "x) or",
    "*",
    "y*",
    "or y",
    " or ",
    "^",
    ":colon",
    "{brace}",
    "🚀",
    "🚀🚀",
    " 🚀",
    "\t",
    "b\th",
    "  ",
    "   ",
    "nothing like it",
    "-minus",
    "run\n",
  ];
  for (const part of parts) {
    await t.step(JSON.stringify(part), async () => {
      const found = await listTasks(harness, `?limit=1000&task_name=${encodeURIComponent(part)}`);
      assert.deepEqual(
        found.tasks.map((task) => task.task_name).sort(),
        names.filter((n) => n.includes(part)).sort(),
      );
      assert.equal(found.total, found.ids.length);
    });
  }
});

Deno.test("GET /tasks refuses a name with NUL", async (t) => {
  await using harness = await boot();
  await harness.call("POST", `${V0}/tasks`, { task_id: "t", task_name: "some name" });
  for (const part of ["\0", "m\0", "some\0", "so\0me"]) {
    await t.step(JSON.stringify(part), async () => {
      const { status, body } = await harness.call("GET", `${V0}/tasks?task_name=${encodeURIComponent(part)}`);
      assert.equal(status, 400);
      assert.deepEqual(body.invalid_params, ["task_name"]);
    });
  }
});

Deno.test("GET /tasks counts as many as it lists, also when thousands match a name", async (t) => {
  await using harness = await boot();
  const rows = Array.from({ length: 2100 }, (_, i) => ({ task_id: `t${i}`, task_name: `Übung ÄRGER ${i}` }));
  insertTasks(harness, ...rows);
  for (const part of ["Übung", "übung", "ÄRGER", "ärger", "Ü", "bung 7", "Übung ÄRGER 2099"]) {
    await t.step(part, async () => {
      const query = `?limit=1000&task_name=${encodeURIComponent(part)}`;
      const pages = [await listTasks(harness, query)];
      for (let cursor = pages[0]!.next_cursor; cursor !== null; cursor = pages.at(-1)!.next_cursor) {
        pages.push(await listTasks(harness, `${query}&cursor=${cursor}`));
      }
      assert.equal(pages.flatMap((page) => page.ids).length, pages[0]!.total);
    });
  }
});

Deno.test("GET /tasks has an exact total after every write, also of another program", async () => {
  await using harness = await boot();
  const totals = async () => [
    (await listTasks(harness, "?limit=1")).total,
    (await listTasks(harness, "?limit=1&created_by=elsewhere")).total,
    (await listTasks(harness, "?limit=1&directory_exists=false")).total,
  ];
  assert.deepEqual(await totals(), [0, 0, 0]);
  await register(harness, "a", "b", "c");
  assert.deepEqual(await totals(), [3, 0, 0]);
  insertTasks(harness, { task_id: "x" }, { task_id: "y" });
  assert.deepEqual(await totals(), [5, 2, 0]);
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  assert.deepEqual(await totals(), [5, 2, 1]);
  await harness.call("DELETE", `${V0}/tasks/b`, { confirm: true, delete_database_records: true });
  assert.deepEqual(await totals(), [4, 2, 1]);
  withStore(
    harness,
    (store) => store.exec("UPDATE data_pipeline_tasks SET directory_exists = 0 WHERE task_id = 'x'"),
  );
  assert.deepEqual(await totals(), [4, 2, 2]);
  withStore(harness, (store) => store.exec("DELETE FROM data_pipeline_tasks WHERE created_by = 'elsewhere'"));
  assert.deepEqual(await totals(), [2, 0, 1]);
});
