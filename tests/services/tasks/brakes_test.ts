/** Which directory is the one of the last start, and which is not: as a table, and in the life of a server. */
import assert from "node:assert/strict";
import { judgeIdentity } from "../../../services/tasks/brakes.ts";
import { boot, exists, type Harness, listTree, V0 } from "../../_harness.ts";
import { assertLike } from "../../_support/scenarios.ts";

const LAST = { id: "v", path: "/data", device: 1, inode: 2, opened_at: 0 };
const OF_OLDER_PROGRAM = { ...LAST, path: null, inode: null };

const IDENTITIES: [
  name: string,
  found: Parameters<typeof judgeIdentity>[0],
  last: Parameters<typeof judgeIdentity>[1],
  isAnythingExpected: boolean,
  reason: RegExp | undefined,
][] = [
  ["nothing is known", { id: "w", device: 1, inode: 2 }, undefined, true, undefined],
  ["the same", { id: "v", device: 1, inode: 2 }, LAST, true, undefined],
  ["the same on a device of another number", { id: "v", device: 9, inode: 2 }, LAST, true, undefined],
  ["a copy", { id: "v", device: 1, inode: 3 }, LAST, true, /copy/],
  ["a copy, and nothing is expected", { id: "v", device: 1, inode: 3 }, LAST, false, /copy/],
  ["another marker", { id: "w", device: 1, inode: 2 }, LAST, true, /marker is another/],
  [
    "another marker, and nothing is expected",
    { id: "w", device: 1, inode: 2 },
    LAST,
    false,
    /marker is another/,
  ],
  ["its trash was cleared out", { id: undefined, device: 1, inode: 2 }, LAST, true, undefined],
  ["no marker, another inode", { id: undefined, device: 1, inode: 3 }, LAST, true, /no marker/],
  ["no marker, another device", { id: undefined, device: 9, inode: 2 }, LAST, true, /no marker/],
  ["made anew, and nothing is expected", { id: undefined, device: 1, inode: 3 }, LAST, false, undefined],
  ["a system without inodes", { id: "v", device: 1, inode: null }, { ...LAST, inode: null }, true, undefined],
  ["an older program's, same marker", { id: "v", device: 1, inode: 3 }, OF_OLDER_PROGRAM, true, undefined],
  [
    "an older program's, no marker",
    { id: undefined, device: 1, inode: 3 },
    OF_OLDER_PROGRAM,
    true,
    /no marker/,
  ],
];

for (const [name, found, last, isAnythingExpected, reason] of IDENTITIES) {
  Deno.test(`judgeIdentity: ${name}`, () => {
    const judged = judgeIdentity(found, last, isAnythingExpected);
    if (reason === undefined) assert.equal(judged, undefined);
    else assert.match(judged ?? "", reason);
  });
}

const TASKS = ["task_a", "task_b", "task_c", "task_d"];

async function bootWithTasks(): Promise<Harness> {
  const server = await boot();
  for (const id of TASKS) {
    await server.app.tasks.register({ task_id: id });
    server.fill(id, { "a.txt": id });
  }
  return server;
}

async function shownTasks(server: Harness): Promise<unknown> {
  return (await server.call("GET", `${V0}/tasks`)).body.data.tasks;
}

/** Every way to change anything is refused; no record and no file changes, there nor here. */
async function assertBraked(server: Harness, reason: RegExp): Promise<void> {
  const before = await server.snapshot();
  const health = (await server.call("GET", "/healthz")).body;
  assert.equal(health.status, "degraded");
  assert.match(health.training_data, reason);
  const body = { task_ids: TASKS, confirm: true, force: true };
  for (
    const [method, path, sent] of [
      ["DELETE", `${V0}/tasks`, body],
      ["DELETE", `${V0}/tasks`, { ...body, delete_database_records: true }],
      ["DELETE", `${V0}/tasks/task_a`, { confirm: true, delete_database_records: true }],
      ["DELETE", `${V0}/tasks/task_a`, { confirm: true, async: true }],
      ["POST", `${V0}/reconcile`, {}],
      ["POST", `${V0}/tasks`, { task_id: "task_new" }],
    ] as const
  ) {
    const answer = await server.call(method, path, sent);
    assert.deepEqual([answer.status, answer.body.message], [503, "training_data不可用"], path);
  }
  assert.deepEqual(await server.snapshot(), before);
}

async function assertWorks(server: Harness, taskId: string): Promise<void> {
  const { status, body } = await server.call("DELETE", `${V0}/tasks/${taskId}`, { confirm: true });
  assert.equal(status, 200, JSON.stringify(body));
  assertLike(body.data, { directory_deleted: true });
  assert.ok(!exists(`${server.trainingData}/${taskId}`));
}

interface Replacement {
  name: string;
  /** Puts another directory in the place of `path`, and takes it away again. */
  replace: (path: string) => () => void;
  /** Why a running server brakes, and why a start does. */
  reasons: { running: RegExp; start: RegExp };
}

const NOT_THE_SAME = /not the directory it was at the start/;

function aside(path: string, put: () => void): () => void {
  Deno.renameSync(path, `${path}.aside`);
  put();
  return () => {
    Deno.removeSync(path, { recursive: true });
    Deno.renameSync(`${path}.aside`, path);
  };
}

function copyOf(path: string): void {
  const { success } = new Deno.Command("cp", { args: ["-a", `${path}.aside`, path] }).outputSync();
  assert.ok(success);
}

const REPLACEMENTS: Replacement[] = [
  {
    name: "another directory on the same file system",
    replace: (path) => aside(path, () => Deno.mkdirSync(`${path}/stranger`, { recursive: true })),
    reasons: { running: NOT_THE_SAME, start: /has none of them, while 4 records/ },
  },
  {
    name: "another directory that has some of the same names",
    replace: (path) => aside(path, () => Deno.mkdirSync(`${path}/task_b`, { recursive: true })),
    reasons: {
      running: NOT_THE_SAME,
      start: /another directory than at the last start \(it has no marker\)/,
    },
  },
  {
    name: "a training_data of another Pipekeep",
    replace: (path) =>
      aside(path, () => {
        for (const name of ["task_b", ".pipekeep-trash/.volume-another"]) {
          Deno.mkdirSync(`${path}/${name}`, { recursive: true });
        }
        Deno.chmodSync(`${path}/.pipekeep-trash`, 0o700);
      }),
    reasons: {
      running: NOT_THE_SAME,
      start: /another directory than at the last start \(its marker is another\)/,
    },
  },
  {
    name: "a copy of it",
    replace: (path) => aside(path, () => copyOf(path)),
    reasons: { running: NOT_THE_SAME, start: /another directory than at the last start \(a copy/ },
  },
  {
    name: "an empty directory",
    replace: (path) => aside(path, () => Deno.mkdirSync(path)),
    reasons: { running: NOT_THE_SAME, start: /is empty, while 4 records/ },
  },
  {
    name: "nothing",
    replace: (path) => {
      Deno.renameSync(path, `${path}.aside`);
      return () => Deno.renameSync(`${path}.aside`, path);
    },
    reasons: { running: NOT_THE_SAME, start: /is missing, while 4 records/ },
  },
];

for (const { name, replace, reasons } of REPLACEMENTS) {
  Deno.test(`training_data brakes while it runs when in its place is ${name}, and not when it returns`, async () => {
    await using server = await bootWithTasks();
    const undo = replace(server.trainingData);
    const tasks = await shownTasks(server);
    // The harness lists training_data: a path that leads nowhere cannot be listed.
    if (name === "nothing") assert.match(server.app.availability.reason ?? "", reasons.running);
    else await assertBraked(server, reasons.running);
    assert.deepEqual(await shownTasks(server), tasks);
    undo();
    await assertWorks(server, "task_a");
  });

  Deno.test(`training_data brakes at a start when in its place is ${name}, and not when it returns`, async () => {
    await using server = await bootWithTasks();
    const tasks = await shownTasks(server);
    await server.app.stop();
    const undo = replace(server.trainingData);
    const files = exists(server.trainingData) ? listTree(server.trainingData) : undefined;
    for (let starts = 0; starts < 2; starts++) {
      await server.restart();
      if (files === undefined) assert.match(server.app.availability.reason ?? "", reasons.start);
      else await assertBraked(server, reasons.start);
      assert.deepEqual(await shownTasks(server), tasks);
    }
    // Nothing was made in it, neither trash nor marker.
    if (files !== undefined) assert.deepEqual(listTree(server.trainingData), files);
    else assert.ok(!exists(server.trainingData));
    await server.app.stop();
    undo();
    await server.restart();
    assert.equal(server.app.availability.reason, undefined);
    await assertWorks(server, "task_a");
  });
}

Deno.test("training_data brakes while its link leads elsewhere, also to a directory that has the same tasks", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_link_" });
  try {
    Deno.mkdirSync(`${folder}/right`);
    Deno.mkdirSync(`${folder}/wrong/task_a`, { recursive: true });
    await using server = await boot({
      config: { training_data: `${folder}/link` },
      prepare: () => {
        Deno.symlinkSync(`${folder}/right`, `${folder}/link`);
      },
    });
    await server.app.tasks.register({ task_id: "task_a" });
    const point = (to: string) => {
      Deno.removeSync(`${folder}/link`);
      Deno.symlinkSync(`${folder}/${to}`, `${folder}/link`);
    };
    point("wrong");
    await assertBraked(server, NOT_THE_SAME);
    await server.restart();
    await assertBraked(server, /another directory than at the last start/);
    assert.deepEqual(listTree(`${folder}/wrong`), ["task_a/"]);
    point("right");
    await server.restart();
    assert.equal((await server.call("DELETE", `${V0}/tasks/task_a`, { confirm: true })).status, 200);
    assert.ok(!exists(`${folder}/right/task_a`));
    assert.ok(exists(`${folder}/wrong/task_a`));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a start that accepts another directory takes it for the right one from then on, and the former is not", async () => {
  await using server = await bootWithTasks();
  await server.app.stop();
  Deno.renameSync(server.trainingData, `${server.folder}/former`);
  Deno.mkdirSync(`${server.trainingData}/task_b`, { recursive: true });
  await server.restart();
  assert.notEqual(server.app.availability.reason, undefined);
  await server.restart({ accept_training_data: true });
  const { tasks } = (await server.call("GET", `${V0}/tasks?directory_exists=false`)).body.data;
  assert.deepEqual(tasks.map((task: { task_id: string }) => task.task_id).sort(), [
    "task_a",
    "task_c",
    "task_d",
  ]);
  await server.restart();
  await assertWorks(server, "task_b");
  await server.app.stop();
  Deno.renameSync(server.trainingData, `${server.folder}/second`);
  Deno.renameSync(`${server.folder}/former`, server.trainingData);
  await server.restart();
  await assertBraked(server, /another directory than at the last start \(its marker is another\)/);
});

Deno.test("a running server does not mark records when none of several directories is left", async () => {
  await using server = await bootWithTasks();
  Deno.mkdirSync(`${server.folder}/hidden`);
  Deno.mkdirSync(`${server.trainingData}/stranger`);
  for (const id of TASKS) Deno.renameSync(`${server.trainingData}/${id}`, `${server.folder}/hidden/${id}`);
  const tasks = await shownTasks(server);
  const { status } = await server.call("POST", `${V0}/reconcile`, {});
  assert.equal(status, 503);
  assert.deepEqual(await shownTasks(server), tasks);
  Deno.renameSync(`${server.folder}/hidden/task_d`, `${server.trainingData}/task_d`);
  assertLike((await server.call("POST", `${V0}/reconcile`, {})).body.data, { vanished: 3, adopted: 1 });
});

Deno.test("a start on a training_data whose tasks all went by this program is no brake, its trash waiting or not", async () => {
  for (const trash_retention_ms of [0, 3_600_000]) {
    await using server = await boot({ config: { trash_retention_ms } });
    await server.app.tasks.register({ task_id: "task_a" });
    await assertWorks(server, "task_a");
    await server.restart();
    assert.equal(server.app.availability.reason, undefined);
    // What waits in the trash is expected as much as a directory.
    await server.app.stop();
    Deno.renameSync(server.trainingData, `${server.folder}/aside`);
    Deno.mkdirSync(server.trainingData);
    await server.restart();
    assert.equal(server.app.availability.reason === undefined, trash_retention_ms === 0);
  }
});
