import assert from "node:assert/strict";
import { insertTasks } from "../../../db/queries/pipeline_tasks.ts";
import { listKnownVolumes } from "../../../services/tasks/known_volumes.ts";
import { openTrainingData } from "../../../services/tasks/open.ts";
import type { Availability } from "../../../services/training_data/availability.ts";
import { TreePool } from "../../../services/training_data/tree_pool.ts";
import { task } from "../../db/conformance/_store.ts";
import { exists } from "../../_harness.ts";
import { openTemporary } from "../../_support/database.ts";

async function open() {
  const temporary = await openTemporary();
  const { database } = temporary;
  const path = temporary.path.replace(/[^/]+$/, "training_data");
  const pool = new TreePool({ size: 1 });
  return {
    database,
    path,
    /** As a start does; what it opened is closed again after `look`. */
    async start(look: (availability: Availability) => Promise<void>, { accept = false } = {}): Promise<void> {
      const availability = await openTrainingData(database, {
        path,
        pool,
        makeSpace: () => false,
        now: Date.now(),
        accept,
      });
      try {
        await look(availability);
      } finally {
        availability.close();
      }
    },
    remembered: () => listKnownVolumes(database.kysely),
    volumes: async () =>
      (await database.kysely.selectFrom("data_pipeline_tasks").select("volume_id").execute()).map((row) =>
        row.volume_id
      ),
    async [Symbol.asyncDispose]() {
      pool.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** A first start, and a task with record and directory. Returns the volume's id. */
async function fill(store: Opened): Promise<string> {
  let volumeId = "";
  await store.start(async (availability) => {
    volumeId = availability.use().volumeId;
    availability.use().createDirectory("task_a");
    await insertTasks(store.database.kysely, volumeId, [task("task_a")], []);
  });
  return volumeId;
}

Deno.test("openTrainingData makes it on a first start, remembers it, and finds it again", async () => {
  await using store = await open();
  const volumeId = await fill(store);
  assert.deepEqual((await store.remembered()).map(({ id, path }) => ({ id, path })), [
    { id: volumeId, path: store.path },
  ]);
  await store.start(async (availability) => {
    assert.equal(availability.reason, undefined);
    assert.equal(availability.use().volumeId, volumeId);
    await Promise.resolve();
  });
  assert.deepEqual(await store.volumes(), [volumeId]);
});

Deno.test("openTrainingData gives it the rows of no volume", async () => {
  await using store = await open();
  await insertTasks(store.database.kysely, "", [task("older")], []);
  Deno.mkdirSync(`${store.path}/older`, { recursive: true });
  await store.start(async (availability) => {
    assert.deepEqual(await store.volumes(), [availability.use().volumeId]);
  });
});

const BRAKES: Record<string, { reason: RegExp; apply: (path: string) => void }> = {
  "is missing": {
    reason: /^training_data is missing, while 1 records say/,
    apply: (path) => Deno.renameSync(path, `${path}.away`),
  },
  "is empty": {
    reason: /^training_data is empty, while 1 records say/,
    apply: (path) => {
      Deno.renameSync(path, `${path}.away`);
      Deno.mkdirSync(path);
    },
  },
  "has another volume's trash": {
    reason: /^training_data is another directory than at the last start \(its marker is another\)$/,
    apply: (path) => {
      Deno.renameSync(`${path}/.pipekeep-trash`, `${path}.trash`);
      Deno.mkdirSync(`${path}/.pipekeep-trash`, { mode: 0o700 });
      Deno.mkdirSync(`${path}/.pipekeep-trash/.volume-another`);
    },
  },
};

for (const [name, { reason, apply }] of Object.entries(BRAKES)) {
  Deno.test(`openTrainingData brakes when it ${name}: says why, and neither marks nor remembers anything`, async () => {
    await using store = await open();
    const volumeId = await fill(store);
    const before = await store.remembered();
    apply(store.path);
    const stood = exists(store.path);
    await store.start(async (availability) => {
      assert.match(availability.reason ?? "", reason);
      assert.throws(() => availability.use(), { code: "training_data_unavailable" });
      assert.equal(exists(store.path), stood);
      assert.deepEqual([await store.remembered(), await store.volumes()], [before, [volumeId]]);
    });
    // A brake holds no lock, and goes as soon as somebody says that it is right as it is.
    await store.start(async (availability) => {
      assert.equal(availability.reason, undefined);
      assert.deepEqual(await store.volumes(), [availability.use().volumeId]);
    }, { accept: true });
  });
}

Deno.test("openTrainingData is for one program at a time", async () => {
  await using store = await open();
  await store.start(async () => {
    await assert.rejects(store.start(() => Promise.resolve()), {
      code: "storage_failed",
      message: /another pipekeep is working on it/,
    });
  });
  await store.start(() => Promise.resolve());
});
