import assert from "node:assert/strict";
import { choiceFlag, durationFlag, hostsFlag, integerFlag, switchFlag, textFlag } from "../../cli/flags.ts";
import { parseCommandLine } from "../../cli/parse.ts";

const FLAGS = {
  port: integerFlag("port", { variable: "X_PORT", help: "", min: 0, max: 9, default: 8 }),
  name: textFlag("name", { help: "" }),
  folder: textFlag("folder", { help: "", default: (around) => `${around.base_folder}/f` }),
  wait: durationFlag("wait-time", { variable: "X_WAIT", help: "" }),
  colour: choiceFlag("colour", { help: "", choices: ["red", "blue"], variable: "X_COLOUR" }),
  hosts: hostsFlag("host", { variable: "X_HOSTS", help: "" }),
  force: switchFlag("force", { variable: "X_FORCE", help: "" }),
};
const WORDS = {
  first: { help: "the first" },
  rest: { help: "others", isOptional: true, isVariadic: true },
};

function parse(args: string[], environment: Record<string, string> = {}, words = {}) {
  const around = {
    environment: (variable: string) => environment[variable],
    base_folder: "/base",
    cores: 2,
    is_terminal: false,
  };
  return parseCommandLine({ name: "try it", flags: FLAGS, words }, args, around);
}

Deno.test("parseCommandLine gives each flag its default, the environment's value or its own", () => {
  const defaults = {
    port: 8,
    name: undefined,
    folder: "/base/f",
    wait: undefined,
    colour: undefined,
    hosts: [],
    force: false,
  };
  assert.deepEqual(parse([]).flags, defaults);
  const environment = { X_PORT: "1", X_WAIT: "", X_COLOUR: "red", X_HOSTS: "a, b", X_FORCE: "1" };
  const fromEnvironment = { ...defaults, port: 1, colour: "red", hosts: ["a", "b"], force: true };
  assert.deepEqual(parse([], environment).flags, fromEnvironment);
  const args = [
    "--port=2",
    "--name",
    "n",
    "--wait-time",
    "2h",
    "--colour=blue",
    "--host",
    "c",
    "--host",
    "d",
  ];
  assert.deepEqual(parse(args, environment).flags, {
    ...fromEnvironment,
    port: 2,
    name: "n",
    wait: 7_200_000,
    colour: "blue",
    hosts: ["c", "d"],
  });
  assert.equal(parse(["--port", "1", "--port", "3"]).flags.port, 3, "the last counts");
  assert.equal(parse(["--name=--force"]).flags.name, "--force");
  assert.equal(parse(["--name", "-"]).flags.name, "-");
});

Deno.test("parseCommandLine gives the words their names", () => {
  assert.deepEqual(parse(["a"], {}, WORDS).words, { first: "a", rest: [] });
  assert.deepEqual(parse(["a", "--force", "b", "-", "--", "--c"], {}, WORDS).words, {
    first: "a",
    rest: ["b", "-", "--c"],
  });
});

Deno.test("parseCommandLine names what is wrong, and what is allowed", () => {
  const see = " (see: pipekeep try it --help)";
  const table: [args: string[], environment: Record<string, string>, message: string][] = [
    [["--prot", "1"], {}, 'no flag "--prot"; did you mean "--port"?'],
    [["--hlep"], {}, 'no flag "--hlep"; did you mean "--help"?'],
    [["--else"], {}, `no flag "--else"${see}`],
    [["-p", "1"], {}, `no flag "-p"${see}`],
    [["--no-force"], {}, `no flag "--no-force"${see}`],
    [["--__proto__"], {}, `no flag "--__proto__"${see}`],
    [["--port"], {}, "--port lacks its value: an integer from 0 to 9"],
    [
      ["--name", "--force"],
      {},
      '--name lacks its value: a text that is not empty; if "--force" is meant, write --name=--force',
    ],
    [["--name="], {}, '--name is "", but must be a text that is not empty'],
    [["--force=yes"], {}, "--force takes no value"],
    [["--port", "10"], {}, '--port is "10", but must be an integer from 0 to 9'],
    [["--port", "1e0"], {}, '--port is "1e0", but must be an integer from 0 to 9'],
    [["--colour", "green"], {}, '--colour is "green", but must be one of red, blue'],
    [["--host", "a:1"], {}, '--host is "a:1", but must be the name or address of a host, without port'],
    [[], { X_HOSTS: "a,b:1" }, 'X_HOSTS is "b:1", but must be the name or address of a host, without port'],
    [[], { X_FORCE: "yes" }, 'X_FORCE is "yes", but must be true or false'],
    [[], { X_FORCE: "toString" }, 'X_FORCE is "toString", but must be true or false'],
    [["word"], {}, `"word" is one word too many${see}`],
  ];
  for (const [args, environment, message] of table) {
    assert.throws(() => parse(args, environment), { name: "UsageError", message }, message);
  }
  assert.throws(() => parse([], {}, WORDS), {
    name: "UsageError",
    message: `FIRST is missing: the first${see}`,
  });
  const required = { role: choiceFlag("role", { help: "", choices: ["read"], isRequired: true }) };
  const around = { environment: () => undefined, base_folder: "/", cores: 1, is_terminal: false };
  assert.throws(() => parseCommandLine({ name: "try it", flags: required, words: {} }, [], around), {
    name: "UsageError",
    message: `--role is missing: one of read${see}`,
  });
});

Deno.test("hostsFlag takes names and addresses, and no ports", () => {
  const flag = hostsFlag("host", { variable: "X", help: "" });
  for (const host of ["localhost", "a.example", "10.0.0.1", "::1", "[::1]", "fe80::1", "::ffff:10.0.0.1"]) {
    assert.equal(flag.read(host), host);
  }
  for (const host of ["", "a:1", "localhost:80", "10.0.0.1:80", "[::1]:80", "a b", "http://a"]) {
    assert.equal(flag.read(host), undefined, host);
  }
});
