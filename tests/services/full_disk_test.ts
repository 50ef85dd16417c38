/** That a disk without one free byte can still be emptied through this program, and that it remembers what was deleted. */
import assert from "node:assert/strict";
import { chunksOf } from "../../domain/chunks.ts";
import { call, exists, until, V0 } from "../_harness.ts";
import { type Disk, makeDisk, noDisks } from "../_support/loop_mount.ts";
import { type Running, startProcess } from "../_process.ts";

const TASKS = 60;
const nameOf = (i: number) => `task_${String(i).padStart(3, "0")}`;

interface Places {
  trainingData: string;
  database: string;
}

/** @param log a file that standard error goes to, on the full disk too */
function start({ trainingData, database }: Places, cwd: string, log?: string): Promise<Running> {
  return startProcess({
    wrap: log === undefined ? [] : ["sh", "-c", `exec "$@" 2>>'${log}'`, "sh"],
    args: ["--training-data", trainingData, "--database", `${database}/pipekeep.db`, "--log-format", "json"],
    cwd,
  });
}

function makeTasks(trainingData: string): void {
  for (let i = 0; i < TASKS; i++) {
    Deno.mkdirSync(`${trainingData}/${nameOf(i)}/sub`, { recursive: true });
    Deno.writeTextFileSync(`${trainingData}/${nameOf(i)}/a.txt`, "12345");
    Deno.writeTextFileSync(`${trainingData}/${nameOf(i)}/sub/b.txt`, "1234567");
  }
}

async function end(server: Running): Promise<void> {
  server.kill("SIGTERM");
  assert.equal((await server.status).code, 0);
}

/** Deletes one after the other, with and without their records, then the rest in batches. */
async function deleteAll(server: Running, batch = TASKS): Promise<void> {
  for (let i = 0; i < TASKS / 2; i++) {
    const path = `${V0}/tasks/${nameOf(i)}`;
    const { status, body } = await call(server.url, "DELETE", path, {
      confirm: true,
      force: true,
      delete_database_records: i % 2 === 0,
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.data.deleted_files_count, 2);
  }
  const rest = Array.from({ length: TASKS / 2 }, (_, i) => nameOf(TASKS / 2 + i));
  for (const task_ids of chunksOf(rest, batch)) {
    const { status, body } = await call(server.url, "DELETE", `${V0}/tasks`, {
      task_ids,
      confirm: true,
      force: true,
    });
    assert.equal(status, 200);
    assert.equal(body.data.deleted_tasks.length, task_ids.length, JSON.stringify(body.data.failed_tasks));
  }
}

async function assertRemembered(server: Running, { trainingData }: Places): Promise<void> {
  for (let i = 0; i < TASKS; i++) assert.ok(!exists(`${trainingData}/${nameOf(i)}`), nameOf(i));
  const log = (await call(server.url, "GET", `${V0}/deletions?outcome=purged&limit=1000`)).body.data;
  assert.equal(log.total, TASKS);
  const gone = (await call(server.url, "GET", `${V0}/tasks?directory_exists=false&limit=1000`)).body.data;
  assert.equal(gone.total, TASKS - TASKS / 4);
}

/** Fills whatever becomes free, as a pipeline does that goes on writing. */
function occupy(disk: Disk): AsyncDisposable {
  const filler = new Deno.Command("sh", {
    args: [
      "-c",
      'for i in $(seq 20000); do cat /dev/zero >>"$0" 2>/dev/null; sleep 0.002; done',
      `${disk.path}/greedy`,
    ],
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      filler.kill("SIGKILL");
      await filler.status;
    },
  };
}

const KINDS: [name: string, places: (disk: string, elsewhere: string) => Places][] = [
  ["of training_data and database", (disk) => ({ trainingData: `${disk}/training_data`, database: disk })],
  [
    "of the database alone",
    (disk, elsewhere) => ({ trainingData: `${elsewhere}/training_data`, database: disk }),
  ],
  [
    "of training_data alone",
    (disk, elsewhere) => ({ trainingData: `${disk}/training_data`, database: elsewhere }),
  ],
];

for (const [name, placesOn] of KINDS) {
  for (const isOccupied of [false, true]) {
    Deno.test({
      name: `deletion works and is remembered on a full disk ${name}${
        isOccupied ? ", while others fill what it frees" : ""
      }${noDisks ? ` (${noDisks})` : ""}`,
      ignore: noDisks !== undefined,
      async fn() {
        using disk = makeDisk(48);
        const elsewhere = Deno.makeTempDirSync({ prefix: "pipekeep_full_" });
        try {
          const places = placesOn(disk.path, elsewhere);
          makeTasks(places.trainingData);
          {
            const log = isOccupied ? `${disk.path}/log` : undefined;
            await using server = await start(places, elsewhere, log);
            const reserve = `${places.database}/pipekeep.reserve`;
            await until(
              () => exists(reserve) && Deno.statSync(reserve).size === 8 * 1024 * 1024,
              "the reserve is made",
            );
            assert.ok(Deno.statSync(reserve).blocks! * 512 >= 8 * 1024 * 1024);
            disk.fillUp();
            await using _greedy = isOccupied ? occupy(disk) : { async [Symbol.asyncDispose]() {} };
            // Many at once want another block for the trash itself, which nobody may have by then.
            await deleteAll(server, isOccupied ? 5 : TASKS);
            await assertRemembered(server, places);
            await end(server);
            // Where there is a reserve, every deletion has its receipt.
            if (places.database === disk.path && !isOccupied) {
              assert.doesNotMatch(await server.stderr(), /without/);
            }
          }
          await using server = await start(places, elsewhere);
          await assertRemembered(server, places);
        } finally {
          Deno.removeSync(elsewhere, { recursive: true });
        }
      },
    });
  }
}

Deno.test({
  name: `a start works on a full disk, after an end and after a kill${noDisks ? ` (${noDisks})` : ""}`,
  ignore: noDisks !== undefined,
  async fn() {
    using disk = makeDisk(48);
    const places = { trainingData: `${disk.path}/training_data`, database: disk.path };
    makeTasks(places.trainingData);
    {
      await using server = await start(places, disk.path);
      disk.fillUp();
      await end(server);
    }
    disk.fillUp();
    {
      await using server = await start(places, disk.path);
      disk.fillUp();
      server.kill("SIGKILL");
      await server.status;
    }
    disk.fillUp();
    await using server = await start(places, disk.path);
    await deleteAll(server);
    await assertRemembered(server, places);
  },
});
