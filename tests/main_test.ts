/** How the program ends when it cannot start: one line, and the exit code that says whose fault it was. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { exists, listTree } from "./_harness.ts";
import { runProcess } from "./_process.ts";

/** A start that cannot succeed: what stands in its folder, who starts it, and what the line names. */
interface Fault {
  name: string;
  prepare?: (folder: string) => void | Promise<void>;
  args?: string[];
  env?: Record<string, string>;
  code?: number;
  names: string[];
}

/** Modes do not bind root, unless it gives up its capabilities. */
const BOUND_BY_MODES = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-all"] : [];

async function makeDatabase(folder: string, change: string): Promise<void> {
  await runProcess({ args: ["keys", "list"], cwd: folder });
  using database = new DatabaseSync(`${folder}/pipekeep.db`);
  database.exec(change);
}

const FAULTS: Fault[] = [
  {
    name: "the database's folder is missing",
    args: ["--database", "nowhere/pipekeep.db"],
    names: ["database nowhere/pipekeep.db"],
  },
  { name: "the database is a directory", args: ["--database", "."], names: ["database ."] },
  {
    name: "the database is no database",
    prepare: (folder) => Deno.writeTextFileSync(`${folder}/pipekeep.db`, "text".repeat(1000)),
    names: ["pipekeep.db", "not a database"],
  },
  {
    name: "the database may be read only",
    prepare: async (folder) => {
      await makeDatabase(folder, "");
      Deno.chmodSync(`${folder}/pipekeep.db`, 0o444);
    },
    names: ["pipekeep.db", "readonly"],
  },
  {
    name: "a newer program migrated the database",
    prepare: (folder) =>
      makeDatabase(folder, "INSERT INTO kysely_migration VALUES ('9999_later', '2099-01-01T00:00:00Z')"),
    names: ["pipekeep.db", "9999_later"],
  },
  {
    name: "a migration fails",
    prepare: (folder) => {
      using database = new DatabaseSync(`${folder}/pipekeep.db`);
      database.exec("CREATE TABLE jobs (x)");
    },
    names: ["pipekeep.db", "jobs"],
  },
  {
    name: "a table is gone, which nothing foresees",
    prepare: (folder) => makeDatabase(folder, "DROP TABLE settings"),
    names: ["pipekeep.db", "no such table: settings"],
  },
  {
    name: "training_data is a file",
    prepare: (folder) => Deno.writeTextFileSync(`${folder}/training_data`, ""),
    names: ["training_data", "Not a directory"],
  },
  {
    name: "the trash is a file",
    prepare: (folder) => {
      Deno.mkdirSync(`${folder}/training_data`);
      Deno.writeTextFileSync(`${folder}/training_data/.pipekeep-trash`, "");
    },
    names: ["training_data", ".pipekeep-trash"],
  },
  {
    name: "training_data may not be written",
    prepare: (folder) => Deno.mkdirSync(`${folder}/training_data`, { mode: 0o500 }),
    names: ["training_data", "Permission denied"],
  },
  {
    name: "training_data may not be read",
    prepare: (folder) => Deno.mkdirSync(`${folder}/training_data`, { mode: 0o300 }),
    names: ["training_data", "Permission denied"],
  },
  {
    name: "a path that would begin a line",
    args: ["--database", "a\n2026-11-24 ERROR x/b"],
    names: ["a\\n2026"],
  },
  { name: "a wrong flag", args: ["--prot", "1"], code: 2, names: ["--prot"] },
  { name: "a wrong variable", env: { PIPEKEEP_PORT: "x" }, code: 2, names: ["PIPEKEEP_PORT", '"x"'] },
];

for (const { name, prepare, args = [], env, code = 1, names } of FAULTS) {
  Deno.test(`main ends a start with one line and ${code} when ${name}`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_main_" });
    try {
      await prepare?.(folder);
      const port = env?.PIPEKEEP_PORT ? [] : ["--port", "0"];
      if (!exists(`${folder}/training_data`)) {
        Deno.mkdirSync(`${folder}/training_data/task_a`, { recursive: true });
        Deno.writeTextFileSync(`${folder}/training_data/task_a/a.txt`, "a");
      }
      const before = trainingData(folder);
      const result = await runProcess({
        args: [...port, ...args],
        cwd: folder,
        env,
        wrap: BOUND_BY_MODES,
      });
      assert.equal(result.code, code, result.stderr);
      assert.equal(result.stdout, "");
      assert.match(result.stderr, /^pipekeep: [^\n]+\n$/);
      for (const part of names) assert.ok(result.stderr.includes(part), `${result.stderr} lacks ${part}`);
      assert.deepEqual(trainingData(folder), before);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

function trainingData(folder: string): string[] {
  // The trash is made before the first thing that can fail.
  return listTree(folder).filter((entry) => /^training_data(?!\/\.pipekeep-trash\/)/.test(entry));
}

Deno.test("main has the stack in the debug log, on one line", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_main_" });
  try {
    await makeDatabase(folder, "DROP TABLE settings");
    const args = ["--port", "0", "--log-level", "debug", "--log-format", "text"];
    const { code, stderr } = await runProcess({ args, cwd: folder });
    assert.equal(code, 1);
    const lines = stderr.trimEnd().split("\n");
    assert.match(lines[0]!, /^pipekeep: .*no such table: settings$/);
    assert.equal(lines.length, 2, stderr);
    assert.match(lines[1]!, /^\S+ DBG main: .*\\ncaused by Error: no such table: settings\\n +at /);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
