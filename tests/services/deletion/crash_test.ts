/** What `kill -9` leaves, at each step boundary of the deletion protocol. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { DELETION_STEPS, type DeletionStep } from "../../../domain/deletion_states.ts";
import { createApp } from "../../../services/app.ts";
import { exists, listTree, until } from "../../_harness.ts";
import { startProcess } from "../../_process.ts";

const LONG_AGO = new Date("2025-01-01T00:00:00Z");

interface Scenario {
  step: DeletionStep;
  nth: number;
  tasks: number;
  records: boolean;
}

const SCENARIOS: Scenario[] = [
  ...DELETION_STEPS.flatMap((step): Scenario[] => [
    { step, nth: 1, tasks: 6, records: false },
    { step, nth: 1, tasks: 6, records: true },
  ]),
  { step: "moved", nth: 4, tasks: 6, records: false },
  { step: "moved", nth: 6, tasks: 6, records: true },
  // Several chunks: one purged, one recorded, one not begun.
  { step: "claimed", nth: 2, tasks: 450, records: false },
  { step: "recorded", nth: 2, tasks: 450, records: true },
  { step: "moved", nth: 333, tasks: 450, records: false },
];

for (const scenario of SCENARIOS) {
  const { step, nth, tasks, records } = scenario;
  const name = `kill -9 at "${step}" (${nth}.) of ${tasks} tasks, ${records ? "with" : "keeping"} records`;
  Deno.test(`deletion survives ${name}`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_crash_" });
    try {
      const trees = makeTasks(`${folder}/training_data`, tasks);
      await crash(folder, scenario, [...trees.keys()]);
      await assertAgreement(folder, trees, records);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

/** Task id → everything in its directory. */
function makeTasks(trainingData: string, count: number): Map<string, string[]> {
  const trees = new Map<string, string[]>();
  for (let i = 0; i < count; i++) {
    const taskId = `task_${String(i).padStart(4, "0")}`;
    const place = `${trainingData}/${taskId}`;
    Deno.mkdirSync(`${place}/ddl`, { recursive: true });
    Deno.writeTextFileSync(`${place}/data_pipeline.log`, "x".repeat(10 + i));
    Deno.writeTextFileSync(`${place}/ddl/a.ddl`, "y".repeat(20));
    for (const path of [`${place}/data_pipeline.log`, `${place}/ddl/a.ddl`, `${place}/ddl`, place]) {
      Deno.utimeSync(path, LONG_AGO, LONG_AGO);
    }
    trees.set(taskId, listTree(place));
  }
  return trees;
}

async function crash(folder: string, scenario: Scenario, task_ids: string[]): Promise<void> {
  await using server = await startProcess({
    args: [],
    cwd: folder,
    entry: {
      file: "_crash_server.ts",
      args: [scenario.step, String(scenario.nth)],
      // To kill itself, which the program may not.
      permissions: ["--allow-run"],
    },
  });
  const body = JSON.stringify({ task_ids, confirm: true, delete_database_records: scenario.records });
  const request = fetch(`${server.url}/api/v0/data_pipeline/tasks`, { method: "DELETE", body });
  await assert.rejects(request.then((response) => response.text()));
  assert.equal((await server.status).signal, "SIGKILL");
}

async function assertAgreement(
  folder: string,
  trees: ReadonlyMap<string, string[]>,
  records: boolean,
): Promise<void> {
  const trainingData = `${folder}/training_data`;
  const app = await createApp({
    training_data: trainingData,
    database: `${folder}/pipekeep.db`,
    trash_retention_ms: 0,
    delete_concurrency: 2,
  });
  try {
    // Already before the background work: what is visible is whole, and the records say what is visible.
    const { rows } = await app.tasks.list({}, { limit: 1000, offset: 0 });
    const flags = new Map(rows.map((row) => [row.task_id, row.directory_exists === 1]));
    for (const [taskId, tree] of trees) {
      const place = `${trainingData}/${taskId}`;
      if (exists(place)) assert.deepEqual(listTree(place), tree, `${taskId} is not whole`);
      const expected = exists(place) ? true : records ? undefined : false;
      assert.equal(flags.get(taskId), expected, `record of ${taskId}`);
    }
    app.start();
    const trash = `${trainingData}/.pipekeep-trash`;
    await until(() => [...Deno.readDirSync(trash)].length === 1, "the trash is emptied");
    await until(
      async () => (await app.log.page({ states: ["trashed", "intent"] }, page)).total === 0,
      "rows end",
    );
    const log = await app.log.page({}, page);
    const byTask = new Map(log.rows.map((row) => [row.task_id, row]));
    for (const [taskId, tree] of trees) {
      const row = byTask.get(taskId);
      if (exists(`${trainingData}/${taskId}`)) {
        assert.ok(row === undefined || row.state === "released", `${taskId}: ${row?.state}`);
      } else {
        assert.equal(row?.state, "purged");
        assert.equal(row.deleted_files_count, 2);
        assert.equal(row.deleted_size_bytes, sizeOf(tree), taskId);
        assert.ok(row.freed_bytes! >= 8192 && row.freed_bytes === row.allocated_bytes, JSON.stringify(row));
        assert.deepEqual([row.directories_count, row.links_count], [2, 0]);
      }
    }
    // Every row is final by now, and sealed by what ended it: this run or the one that was killed.
    const { valid, checked, unsealed } = await app.verifyLog();
    assert.deepEqual([valid, checked, unsealed], [true, log.total, 0]);
  } finally {
    await app.stop();
  }
  const database = new DatabaseSync(`${folder}/pipekeep.db`);
  assert.equal(database.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
  database.close();
}

const page = { limit: 1000, offset: 0 };

function sizeOf(tree: readonly string[]): number {
  return tree.filter((line) => !line.endsWith("/")).reduce(
    (sum, line) => sum + Number(line.split(" ")[1]),
    0,
  );
}
