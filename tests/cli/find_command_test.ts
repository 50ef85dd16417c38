import assert from "node:assert/strict";
import { command } from "../../cli/command.ts";
import { commandsOf, findCommand, wordsBelow } from "../../cli/find_command.ts";

const COMMANDS = ["serve", "keys create", "keys list", "version"].map((name) =>
  command({ name, summary: name, run() {} })
);

Deno.test("findCommand goes along the words as far as they lead", () => {
  const table: [args: string[], name: string, rest: string[]][] = [
    [["serve"], "serve", []],
    [["serve", "--port", "1"], "serve", ["--port", "1"]],
    [["keys", "create", "list"], "keys create", ["list"]],
    [["keys"], "keys", []],
    [["keys", "--help"], "keys", ["--help"]],
    [[], "", []],
  ];
  for (const [args, name, rest] of table) {
    const found = findCommand(COMMANDS, args);
    assert.equal("command" in found ? found.command.name : found.group, name);
    assert.deepEqual(found.args, rest);
  }
});

Deno.test("findCommand names the nearest word, or what there is", () => {
  const table: [args: string[], message: string][] = [
    [["sevre"], 'no command "sevre"; did you mean "serve"?'],
    [["kyes", "list"], 'no command "kyes"; did you mean "keys"?'],
    [["keys", "lsit"], 'no command "keys lsit"; did you mean "keys list"?'],
    [["create"], 'no command "create"; there is serve, keys, version'],
    [["--flag"], 'no command "--flag"; there is serve, keys, version'],
    [["constructor"], 'no command "constructor"; there is serve, keys, version'],
    [["keys", "x".repeat(20)], `no command "keys ${"x".repeat(20)}"; there is keys create, keys list`],
  ];
  for (const [args, message] of table) {
    assert.throws(() => findCommand(COMMANDS, args), { name: "UsageError", message });
  }
});

Deno.test("commandsOf and wordsBelow list what stands below a word", () => {
  assert.deepEqual(commandsOf(COMMANDS, "keys").map(({ name }) => name), ["keys create", "keys list"]);
  assert.equal(commandsOf(COMMANDS, "").length, 4);
  assert.deepEqual(wordsBelow(COMMANDS, ""), ["serve", "keys", "version"]);
  assert.deepEqual(wordsBelow(COMMANDS, "keys"), ["create", "list"]);
});
