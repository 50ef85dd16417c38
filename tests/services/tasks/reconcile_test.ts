/** What a start makes of directories without records, records without directories, and a training_data gone wrong. */
import assert from "node:assert/strict";
import { createApp } from "../../../services/app.ts";
import { reconcile } from "../../../services/tasks/reconcile.ts";
import { openTestVolume } from "../../_support/volume.ts";
import { boot, exists, type Harness, V0 } from "../../_harness.ts";

const NOW = new Date(2026, 0, 10, 12).getTime();
const MINUTE = 60_000;

function age(path: string, minutes: number): void {
  const at = new Date(NOW - minutes * MINUTE);
  Deno.utimeSync(path, at, at);
}

async function record(server: Harness, taskId: string) {
  return (await server.call("GET", `${V0}/tasks/${taskId}`)).body.data;
}

Deno.test("a start adopts directories without a record: when from the id, else from the directory", async () => {
  await using server = await boot({
    seams: { clock: () => NOW },
    prepare: (trainingData) => {
      for (const [name, minutes] of [["task_20250702_223802", 61], ["by_hand", 61], ["fresh", 59]] as const) {
        Deno.mkdirSync(`${trainingData}/${name}`);
        Deno.writeTextFileSync(`${trainingData}/${name}/file`, "x");
        age(`${trainingData}/${name}/file`, minutes);
        age(`${trainingData}/${name}`, 120);
      }
      Deno.mkdirSync(`${trainingData}/not a task id`);
      Deno.writeTextFileSync(`${trainingData}/a_file`, "x");
      Deno.symlinkSync("/", `${trainingData}/a_link`);
    },
  });
  const { body } = await server.call("GET", `${V0}/tasks`);
  assert.deepEqual(body.data.tasks.map((task: { task_id: string }) => task.task_id).sort(), [
    "by_hand",
    "fresh",
    "task_20250702_223802",
  ]);
  const dated = await record(server, "task_20250702_223802");
  assert.equal(dated.created_at, "2025-07-02T22:38:02");
  assert.deepEqual([dated.created_by, dated.status, dated.completed_at], [
    "system",
    "completed",
    "2026-01-10T10:59:00",
  ]);
  const plain = await record(server, "by_hand");
  assert.deepEqual([plain.created_at, plain.status], ["2026-01-10T10:00:00", "completed"]);
  // Something in its top level changed within the hour: it takes force.
  assert.equal((await record(server, "fresh")).status, "running");
  const refused = await server.call("DELETE", `${V0}/tasks/fresh`, { confirm: true });
  assert.equal(refused.status, 409);
});

Deno.test("a start marks records whose directory vanished, and those whose directory is back", async () => {
  await using server = await boot();
  for (const id of ["task_a", "task_b"]) await server.app.tasks.register({ task_id: id });
  Deno.removeSync(`${server.trainingData}/task_a`);
  await server.restart();
  assert.equal((await record(server, "task_a")).directory_exists, false);
  assert.equal((await record(server, "task_b")).directory_exists, true);
  Deno.mkdirSync(`${server.trainingData}/task_a`);
  await server.restart();
  assert.equal((await record(server, "task_a")).directory_exists, true);
});

interface Brake {
  name: string;
  /** Does something to training_data, and undoes it. */
  apply: (trainingData: string) => () => void;
}

const BRAKES: Brake[] = [
  {
    name: "is missing",
    apply: (path) => {
      Deno.renameSync(path, `${path}.away`);
      return () => Deno.renameSync(`${path}.away`, path);
    },
  },
  {
    name: "is empty",
    apply: (path) => {
      Deno.renameSync(path, `${path}.away`);
      Deno.mkdirSync(path);
      return () => {
        Deno.removeSync(path, { recursive: true });
        Deno.renameSync(`${path}.away`, path);
      };
    },
  },
  {
    name: "is another directory",
    apply: (path) => {
      const other = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "pipekeep_test_" });
      Deno.mkdirSync(`${other}/stranger`);
      Deno.renameSync(path, `${path}.away`);
      Deno.symlinkSync(other, path);
      return () => {
        Deno.removeSync(path);
        Deno.removeSync(other, { recursive: true });
        Deno.renameSync(`${path}.away`, path);
      };
    },
  },
];

for (const { name, apply } of BRAKES) {
  Deno.test(`a start brakes when training_data ${name}: nothing is marked, deletions answer 503`, async () => {
    await using server = await boot();
    await server.app.tasks.register({ task_id: "task_a" });
    await server.app.stop();
    const undo = apply(server.trainingData);
    await server.restart();
    try {
      const health = await server.call("GET", "/healthz");
      assert.equal(health.body.status, "degraded");
      assert.match(health.body.training_data, new RegExp(name));
      const before = (await server.call("GET", `${V0}/tasks`)).body;
      assert.equal(before.data.total, 1);
      assert.equal(before.data.tasks[0].directory_exists, true);
      const body = { task_ids: ["task_a"], confirm: true, delete_database_records: true };
      for (
        const [method, path, sent] of [
          ["DELETE", `${V0}/tasks`, body],
          ["DELETE", `${V0}/tasks`, { ...body, dry_run: true }],
          ["DELETE", `${V0}/tasks`, { ...body, async: true }],
          ["DELETE", `${V0}/tasks/task_a`, { confirm: true }],
          ["POST", `${V0}/tasks`, { task_id: "task_b" }],
        ] as const
      ) {
        const answer = await server.call(method, path, sent);
        assert.deepEqual([answer.status, answer.body.message], [503, "training_data不可用"], path);
      }
      assert.deepEqual((await server.call("GET", `${V0}/tasks`)).body, before);
      await server.app.stop();
    } finally {
      undo();
    }
    await server.restart();
    assert.equal((await server.call("GET", "/healthz")).body.status, "ok");
    assert.equal(
      (await server.call("DELETE", `${V0}/tasks`, { task_ids: ["task_a"], confirm: true })).status,
      200,
    );
  });
}

Deno.test("a start takes training_data as it is when told so, and once it did, it is the right one", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "task_a" });
  Deno.removeSync(`${server.trainingData}/task_a`);
  await server.restart();
  assert.equal((await server.call("GET", "/healthz")).body.status, "degraded");
  await server.restart({ accept_training_data: true });
  assert.equal((await record(server, "task_a")).directory_exists, false);
  await server.restart({ accept_training_data: false });
  assert.equal((await server.call("GET", "/healthz")).body.status, "ok");
});

Deno.test("deletions answer 503 when another directory came to stand in training_data's place", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "task_a" });
  const { trainingData } = server;
  Deno.renameSync(trainingData, `${trainingData}.away`);
  Deno.mkdirSync(trainingData);
  const answer = await server.call("DELETE", `${V0}/tasks`, { task_ids: ["task_a"], confirm: true });
  assert.equal(answer.status, 503);
  Deno.removeSync(trainingData);
  Deno.renameSync(`${trainingData}.away`, trainingData);
  assert.equal((await record(server, "task_a")).directory_exists, true);
  assert.ok(exists(`${trainingData}/task_a`));
});

Deno.test("two programs do not work on one training_data", async () => {
  await using server = await boot();
  const second = createApp({
    training_data: server.trainingData,
    database: `${server.folder}/other.db`,
    trash_retention_ms: 0,
    delete_concurrency: 1,
  });
  await assert.rejects(second, { code: "storage_failed", message: /another pipekeep/ });
});

Deno.test("reconcile lets others in between while it compares many records", async () => {
  await using volume = await openTestVolume();
  const { database, trainingData } = volume;
  for (let i = 0; i < 3000; i++) volume.fill(`task_${i}`);
  assert.equal((await reconcile(database, trainingData, Date.now())).adopted, 3000);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  try {
    const none = { adopted: 0, vanished: 0, returned: 0, completed: 0 };
    assert.deepEqual(await reconcile(database, trainingData, Date.now()), none);
  } finally {
    clearInterval(timer);
  }
  assert.ok(turns >= 5, `${turns} turns`);
});
