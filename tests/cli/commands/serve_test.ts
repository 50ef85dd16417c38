import assert from "node:assert/strict";
import { serveConfig } from "../../../cli/commands/serve.ts";
import type { Surroundings } from "../../../cli/surroundings.ts";
import { call, until, V0 } from "../../_harness.ts";
import { runProcess, startProcess } from "../../_process.ts";

function around(environment: Record<string, string> = {}): Surroundings {
  return {
    environment: (name) => environment[name],
    base_folder: "/base",
    cores: 16,
    is_terminal: false,
  };
}

Deno.test("serveConfig has the defaults of the contract", () => {
  assert.deepEqual(serveConfig([], around()), {
    host: "127.0.0.1",
    port: 8084,
    allowed_hosts: [],
    insecure: false,
    log_level: "info",
    log_format: "json",
    app: {
      training_data: "/base/training_data",
      database: "/base/pipekeep.db",
      trash_retention_ms: 0,
      delete_concurrency: 4,
      accept_training_data: false,
      demo: false,
    },
  });
});

Deno.test("serveConfig lets a flag beat the environment, and that the default", () => {
  const environment = {
    PIPEKEEP_PORT: "9000",
    PIPEKEEP_HOST: "::1",
    PIPEKEEP_TRASH_RETENTION: "7d",
    PIPEKEEP_ALLOWED_HOSTS: "a.example, b.example",
    PIPEKEEP_INSECURE: "true",
    PIPEKEEP_DELETE_CONCURRENCY: "2",
    PIPEKEEP_LOG_FORMAT: "",
  };
  const config = serveConfig(["--port=0", "--trash-retention", "90s"], around(environment));
  assert.equal(config.port, 0);
  assert.equal(config.host, "::1");
  assert.equal(config.app.trash_retention_ms, 90_000);
  assert.equal(config.app.delete_concurrency, 2);
  assert.deepEqual(config.allowed_hosts, ["a.example", "b.example"]);
  assert.equal(config.insecure, true);
  assert.equal(config.log_format, "json");
  const flags = serveConfig(["--allowed-host", "x", "--allowed-host", "y"], around(environment));
  assert.deepEqual(flags.allowed_hosts, ["x", "y"]);
});

Deno.test("serveConfig names the flag or the variable, the value and what is allowed", () => {
  const table: [args: string[], environment: Record<string, string>, parts: string[]][] = [
    [["--port", "abc"], {}, ["--port", '"abc"', "0 to 65535"]],
    [["--port", "65536"], {}, ["--port", "65536"]],
    [["--port", "1e3"], {}, ["--port", "1e3"]],
    [[], { PIPEKEEP_PORT: "-1" }, ["PIPEKEEP_PORT", "-1"]],
    [["--trash-retention", "1w"], {}, ["--trash-retention", "1w", "24h"]],
    [["--delete-concurrency", "0"], {}, ["--delete-concurrency", "1 to 64"]],
    [["--log-level", "loud"], {}, ["--log-level", "loud", "debug, info, warning, error"]],
    [["--log-format", "xml"], {}, ["--log-format", "text, json"]],
    [["--database", "postgres://x"], {}, ["--database", "SQLite"]],
    [["--host", ""], {}, ["--host"]],
    [[], { PIPEKEEP_INSECURE: "yes" }, ["PIPEKEEP_INSECURE", "yes", "true or false"]],
    [["--colour"], {}, ["--colour"]],
    [["--port"], {}, ["--port"]],
    [["somewhere"], {}, ["somewhere"]],
  ];
  for (const [args, environment, parts] of table) {
    assert.throws(() => serveConfig(args, around(environment)), (error: Error) => {
      assert.equal(error.name, "UsageError");
      for (const part of parts) assert.ok(error.message.includes(part), `${error.message} lacks ${part}`);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  }
});

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
      const files = ["pipekeep.db", "pipekeep.db.lock", "pipekeep.reserve", "training_data"];
      const made = () =>
        [...Deno.readDirSync(cwd)].map((entry) => entry.name).filter((name) => !/-(wal|shm)$/.test(name));
      await until(() => made().length >= files.length, "the reserve is made");
      assert.deepEqual(made().sort(), files);
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
      [["--port", "0", "--database", "third.db"], 1, "another pipekeep is working on it"],
      [["--port", "0", "--training-data", "other_data"], 1, "another pipekeep server is running on it"],
      [["--port", "0", "--training-data", "file", "--database", "other.db"], 1, "training_data is unusable"],
      [
        ["--port", "0", "--training-data", "other_data", "--database", "file"],
        1,
        "database file is unusable",
      ],
      [["--port", "0", "--host", "0.0.0.0", ...other], 1, "keys create"],
      [["--port", "x"], 2, "--port"],
      [["--port", "0", "word"], 2, "word"],
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
