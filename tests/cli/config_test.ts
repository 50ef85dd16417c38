import assert from "node:assert/strict";
import { serveConfig, type Surroundings } from "../../cli/config.ts";

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
