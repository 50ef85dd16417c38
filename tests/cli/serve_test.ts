import assert from "node:assert/strict";
import { call, V0 } from "../_harness.ts";
import { runProcess, startProcess } from "../_process.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_serve_" });
  try {
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("serve makes its files beside it, listens on a free port, and ends with 0 on SIGTERM and SIGINT", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await inFolder(async (cwd) => {
      await using server = await startProcess({ args: [], cwd });
      assert.equal((await call(server.url, "GET", "/healthz")).body.status, "ok");
      const made = [...Deno.readDirSync(cwd)].map((entry) => entry.name).filter((name) =>
        !/-(wal|shm)$/.test(name)
      );
      assert.deepEqual(made.sort(), ["pipekeep.db", "training_data"]);
      server.kill(signal);
      assert.equal((await server.status).code, 0);
    });
  }
});

Deno.test("serve --demo fills an empty training_data with some 40 runs, once", async () => {
  await inFolder(async (cwd) => {
    for (let start = 0; start < 2; start++) {
      await using server = await startProcess({ args: ["--demo"], cwd });
      const { body } = await call(server.url, "GET", `${V0}/tasks?directory_exists=true`);
      assert.equal(body.data.total, 40);
      server.kill("SIGTERM");
      await server.status;
    }
  });
});

Deno.test("serve ends with one line and 1 when something is taken or unusable, and 2 on a wrong word", async () => {
  await inFolder(async (cwd) => {
    await using server = await startProcess({ args: [], cwd });
    const port = new URL(server.url).port;
    Deno.writeTextFileSync(`${cwd}/file`, "no database, no directory");
    const other = ["--training-data", "other_data", "--database", "other.db"];
    const table: [args: string[], code: number, text: string][] = [
      [["--port", port, ...other], 1, "the port is taken"],
      [["--port", "0", "--database", "other.db"], 1, "another pipekeep is working on it"],
      [["--port", "0", "--training-data", "file", "--database", "other.db"], 1, "training_data is unusable"],
      [
        ["--port", "0", "--training-data", "other_data", "--database", "file"],
        1,
        "database file is unusable",
      ],
      [["--port", "0", "--host", "0.0.0.0", ...other], 1, "keys create"],
      [["--port", "x"], 2, "--port"],
      [["--port", "0", "word"], 2, "word"],
      [["nonsense"], 2, "nonsense"],
    ];
    for (const [args, code, text] of table) {
      const result = await runProcess({ args, cwd });
      assert.equal(result.code, code, `${args}: ${result.stderr}`);
      const lines = result.stderr.trimEnd().split("\n");
      assert.equal(lines.length, 1, result.stderr);
      assert.ok(lines[0]!.includes(text), lines[0]);
    }
  });
});

Deno.test("version prints the version and ends with 0", async () => {
  const { code, stdout } = await runProcess({ args: ["version"], cwd: "." });
  assert.equal(code, 0);
  assert.match(stdout, /^pipekeep \d+\.\d+\.\d+ /);
});
