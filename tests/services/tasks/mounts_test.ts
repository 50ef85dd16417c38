/** A training_data that is a mount of its own: it comes and goes while the program runs, and between two starts. */
import assert from "node:assert/strict";
import { call, exists, listTree, V0 } from "../../_harness.ts";
import { type Running, startProcess } from "../../_process.ts";
import { makeDisk, noDisks } from "../../_support/loop_mount.ts";

const TASKS = ["task_a", "task_b", "task_c"];

// deno-lint-ignore no-explicit-any
type Shown = any;

async function shown(server: Running): Promise<Shown> {
  const { tasks } = (await call(server.url, "GET", `${V0}/tasks`)).body.data;
  const log = (await call(server.url, "GET", `${V0}/deletions`)).body.data;
  return { tasks, log };
}

async function assertBraked(server: Running, reason: RegExp): Promise<void> {
  const before = await shown(server);
  const { body: { training_data } } = await call(server.url, "GET", "/healthz");
  assert.match(training_data, reason);
  for (const delete_database_records of [false, true]) {
    const body = { task_ids: TASKS, confirm: true, force: true, delete_database_records };
    const { status } = await call(server.url, "DELETE", `${V0}/tasks`, body);
    assert.equal(status, 503);
  }
  assert.equal((await call(server.url, "POST", `${V0}/reconcile`, {})).status, 503);
  assert.deepEqual(await shown(server), before);
}

async function end(server: Running): Promise<string> {
  server.kill("SIGTERM");
  await server.status;
  return await server.stderr();
}

Deno.test({
  name: `training_data on a disk of its own brakes while the disk is away, and works when it is back${
    noDisks ? ` (${noDisks})` : ""
  }`,
  ignore: noDisks !== undefined,
  async fn() {
    using disk = makeDisk(8);
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_mounts_" });
    try {
      const start = (...more: string[]) =>
        startProcess({ args: ["--training-data", disk.path, "--log-format", "text", ...more], cwd: folder });
      for (const id of TASKS) {
        Deno.mkdirSync(`${disk.path}/${id}`);
        Deno.writeTextFileSync(`${disk.path}/${id}/a.txt`, id);
      }
      let before: Shown;
      {
        await using server = await start();
        before = await shown(server);
        assert.equal(before.tasks.length, 3);
        // Lazily: the program keeps the directory open, as it does when a device dies.
        disk.unmount();
        await assertBraked(server, /not the directory it was at the start/);
        assert.match(await end(server), /training_data is not the directory it was at the start/);
      }
      assert.deepEqual(listTree(disk.path), []);
      for (let starts = 0; starts < 2; starts++) {
        await using server = await start();
        await assertBraked(server, /is empty, while 3 records/);
        assert.match(await end(server), /is empty, while 3 records.* nothing is marked/);
      }
      assert.deepEqual(listTree(disk.path), []);
      assert.ok(!exists(`${disk.path}/.pipekeep-trash`));
      disk.mount();
      {
        await using server = await start("--trash-retention", "1d");
        assert.deepEqual(await shown(server), before);
        const { body } = await call(server.url, "DELETE", `${V0}/tasks`, {
          task_ids: TASKS,
          confirm: true,
          force: true,
        });
        assert.equal(body.data.deleted_tasks.length, 3, JSON.stringify(body));
        await end(server);
      }
      // Nothing is left but what waits in the trash.
      disk.unmount();
      {
        await using server = await start("--trash-retention", "1d");
        await assertBraked(server, /another directory than at the last start/);
        await end(server);
      }
      disk.mount();
      await using server = await start("--trash-retention", "1d");
      assert.equal((await call(server.url, "GET", "/healthz")).body.status, "ok");
      assert.equal((await call(server.url, "GET", `${V0}/deletions?outcome=trashed`)).body.data.total, 3);
      await end(server);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: `training_data brakes while a disk is mounted over it${noDisks ? ` (${noDisks})` : ""}`,
  ignore: noDisks !== undefined,
  async fn() {
    using disk = makeDisk(8);
    disk.unmount();
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_mounts_" });
    try {
      const start = () => startProcess({ args: ["--training-data", disk.path], cwd: folder });
      for (const id of TASKS) Deno.mkdirSync(`${disk.path}/${id}`);
      {
        await using server = await start();
        disk.mount();
        // The same names, so that they would be deleted in its place.
        for (const id of TASKS) Deno.mkdirSync(`${disk.path}/${id}`);
        await assertBraked(server, /not the directory it was at the start/);
        await end(server);
      }
      {
        await using server = await start();
        await assertBraked(server, /another directory than at the last start/);
        await end(server);
      }
      assert.deepEqual(listTree(disk.path).sort(), TASKS.map((id) => `${id}/`));
      disk.unmount();
      await using server = await start();
      const { body } = await call(server.url, "DELETE", `${V0}/tasks`, {
        task_ids: TASKS,
        confirm: true,
        force: true,
      });
      assert.equal(body.data.deleted_tasks.length, 3, JSON.stringify(body));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
