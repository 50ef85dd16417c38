/** What stands in a deletion's way: mounts, modes, immutable files. The directory stays whole, or the truth is told. */
import assert from "node:assert/strict";
import { call, exists, listTree, until, V0 } from "../../_harness.ts";
import { startProcess } from "../../_process.ts";
import { WALK_FORMS } from "../../_support/walks.ts";

const MOUNT_DEEP = new URL("../../_support/mount_deep.py", import.meta.url).pathname;
const isRoot = Deno.uid() === 0;
/** Executes the rest where mounts can be made that nobody else sees. */
const OWN_MOUNTS = ["unshare", isRoot ? "-m" : "-rm"];
/** Executes the rest without root's right to ignore modes. */
const BOUND_BY_MODES = isRoot ? ["setpriv", "--bounding-set=-all"] : [];

interface Obstacle {
  name: string;
  /** Puts it into training_data/task_a, which has `a.txt` and `sub/b.txt`. */
  prepare?: (task: string) => void;
  /** A shell line, run in the folder before the program. */
  mount?: string;
  /** It makes names that only bytes can say: the tree cannot be listed from here. */
  isUnnameable?: boolean;
  wrap: string[];
  clean?: (task: string) => void;
  code: string;
  /** Where the walk by the runtime's calls sees it too late. */
  runtime_code?: string;
}

/** Flags that bind root too. */
function chattr(flag: string, path: string): void {
  const { success } = new Deno.Command("chattr", { args: [flag, path] }).outputSync();
  assert.ok(success, `chattr ${flag} ${path}`);
}

/** Only root can set them. */
const PROTECTED = (["i", "a"] as const).flatMap((flag): Obstacle[] =>
  ["sub", "sub/b.txt"].map((path) => ({
    name: `${path} ${flag === "i" ? "immutable" : "append-only"}`,
    prepare: (task) => chattr(`+${flag}`, `${task}/${path}`),
    clean: (task) => {
      const trash = `${task.slice(0, task.lastIndexOf("/"))}/.pipekeep-trash`;
      for (const place of [task, ...[...Deno.readDirSync(trash)].map(({ name }) => `${trash}/${name}`)]) {
        if (exists(`${place}/${path}`)) chattr(`-${flag}`, `${place}/${path}`);
      }
    },
    wrap: [],
    code: "PERMISSION_DENIED",
    runtime_code: "PURGE_INCOMPLETE",
  }))
);

const OBSTACLES: Obstacle[] = [
  {
    name: "a bind mount of the same file system inside it",
    mount: "mount --bind elsewhere training_data/task_a/sub",
    wrap: OWN_MOUNTS,
    code: "PATH_FORBIDDEN",
  },
  {
    name: "another file system mounted inside it",
    mount: "mount -t tmpfs none training_data/task_a/sub && touch training_data/task_a/sub/foreign",
    wrap: OWN_MOUNTS,
    code: "PATH_FORBIDDEN",
  },
  {
    name: "a mount below a directory whose name is no UTF-8",
    mount: `mkdir -p "training_data/task_a/$(printf 'odd_\\377')/in" && ` +
      `mount --bind elsewhere "training_data/task_a/$(printf 'odd_\\377')/in"`,
    isUnnameable: true,
    wrap: OWN_MOUNTS,
    code: "PATH_FORBIDDEN",
  },
  {
    name: "a mount below a path that is too long to be named",
    mount: `python3 "${MOUNT_DEEP}" elsewhere training_data/task_a`,
    isUnnameable: true,
    wrap: OWN_MOUNTS,
    code: "PATH_FORBIDDEN",
  },
  {
    name: "a file mounted over one of its files",
    mount: "mount --bind elsewhere/precious.txt training_data/task_a/sub/b.txt",
    wrap: OWN_MOUNTS,
    code: "PATH_FORBIDDEN",
    runtime_code: "PURGE_INCOMPLETE",
  },
  {
    name: "a mount in its place",
    mount: "mount --bind elsewhere training_data/task_a",
    wrap: OWN_MOUNTS,
    code: "PATH_FORBIDDEN",
  },
  {
    name: "a subdirectory that may not be written",
    prepare: (task) => Deno.chmodSync(`${task}/sub`, 0o555),
    clean: (task) => Deno.chmodSync(`${task}/sub`, 0o755),
    wrap: BOUND_BY_MODES,
    code: "PERMISSION_DENIED",
  },
  {
    name: "a subdirectory that may not be read",
    prepare: (task) => Deno.chmodSync(`${task}/sub`, 0o333),
    clean: (task) => Deno.chmodSync(`${task}/sub`, 0o755),
    wrap: BOUND_BY_MODES,
    code: "PERMISSION_DENIED",
  },
  {
    name: "a training_data that may not be written",
    prepare: (task) => {
      Deno.mkdirSync(`${task}/../.pipekeep-trash`, { mode: 0o700 });
      Deno.mkdirSync(`${task}/../.pipekeep-trash/.volume-0`);
      Deno.chmodSync(`${task}/..`, 0o555);
    },
    clean: (task) => Deno.chmodSync(`${task}/..`, 0o755),
    wrap: BOUND_BY_MODES,
    code: "PERMISSION_DENIED",
  },
  ...(isRoot ? PROTECTED : []),
];

for (
  const [form, obstacle] of WALK_FORMS.flatMap((form) =>
    OBSTACLES.map((obstacle) => [form, obstacle] as const)
  )
) {
  const { name, prepare, mount, isUnnameable, wrap, clean } = obstacle;
  const code = form === "runtime" ? obstacle.runtime_code ?? obstacle.code : obstacle.code;
  Deno.test(`deletion (${form}) leaves what it may not remove: ${name}`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_obstacle_" });
    const task = `${folder}/training_data/task_a`;
    try {
      Deno.mkdirSync(`${task}/sub`, { recursive: true });
      Deno.mkdirSync(`${folder}/elsewhere`);
      for (const file of [`${task}/a.txt`, `${task}/sub/b.txt`, `${folder}/elsewhere/precious.txt`]) {
        Deno.writeTextFileSync(file, "precious");
      }
      prepare?.(task);
      const isIncomplete = code === "PURGE_INCOMPLETE";
      const before = isRoot && !isIncomplete && !isUnnameable ? listTree(task) : undefined;
      const shell = mount === undefined ? [] : ["sh", "-c", `${mount} && exec "$@"`, "sh"];
      await using server = await startProcess({
        args: [],
        cwd: folder,
        allows_ffi: form === "libc",
        wrap: [...wrap, ...shell],
      });
      const dry = await call(server.url, "DELETE", `${V0}/tasks`, {
        task_ids: ["task_a"],
        dry_run: true,
        force: true,
      });
      const { body } = await call(server.url, "DELETE", `${V0}/tasks`, {
        task_ids: ["task_a"],
        confirm: true,
        force: true,
        delete_database_records: true,
      });
      assert.equal(body.success, false, JSON.stringify(body));
      assert.equal(body.message, "批量删除失败");
      assert.equal(body.data.failed_tasks[0].error_code, code);
      if (code === "PATH_FORBIDDEN") assert.equal(dry.body.data.failed_tasks[0].error_code, code);
      if (!isIncomplete) {
        const { status, body: record } = await call(server.url, "GET", `${V0}/tasks/task_a`);
        assert.equal(status, 200);
        assert.equal(record.data.directory_exists, true);
        if (before) assert.deepEqual(listTree(task), before);
        assert.ok(exists(`${task}/sub`));
      }
      const log = await call(server.url, "GET", `${V0}/deletions`);
      assert.equal(log.body.data.deletions[0].outcome, isIncomplete ? "purge_failed" : "failed");
      assert.equal(Deno.readTextFileSync(`${folder}/elsewhere/precious.txt`), "precious");
    } finally {
      clean?.(task);
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

Deno.test({
  name: "deletion (runtime) says so when a file resists in the trash, and the next start finishes it",
  // Only root can make a file immutable.
  ignore: !isRoot,
  fn: async () => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_obstacle_" });
    const task = `${folder}/training_data/task_a`;
    Deno.mkdirSync(`${task}/sub`, { recursive: true });
    Deno.writeTextFileSync(`${task}/sub/b.txt`, "precious");
    chattr("+i", `${task}/sub`);
    try {
      {
        await using server = await startProcess({ args: [], cwd: folder, allows_ffi: false });
        const { status, body } = await call(server.url, "DELETE", `${V0}/tasks/task_a`, {
          confirm: true,
          force: true,
        });
        assert.equal(status, 500);
        assert.equal(body.error_code, "PURGE_INCOMPLETE");
        const record = await call(server.url, "GET", `${V0}/tasks/task_a`);
        assert.equal(record.body.data.directory_exists, false);
        const log = await call(server.url, "GET", `${V0}/deletions`);
        assert.equal(log.body.data.deletions[0].outcome, "purge_failed");
      }
      chattr("-Ri", `${folder}/training_data/.pipekeep-trash`);
      await using server = await startProcess({ args: [], cwd: folder });
      await until(async () => {
        const log = await call(server.url, "GET", `${V0}/deletions`);
        return log.body.data.deletions[0].outcome === "purged";
      }, "the purge is made up for");
      assert.equal([...Deno.readDirSync(`${folder}/training_data/.pipekeep-trash`)].length, 1);
    } finally {
      chattr("-Ri", folder);
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
