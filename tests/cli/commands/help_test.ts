import assert from "node:assert/strict";
import { COMMANDS } from "../../../cli/commands.ts";
import { helpFor } from "../../../cli/commands/help.ts";
import { commandHelp } from "../../../cli/help.ts";
import { Host } from "./_host.ts";

Deno.test("helpFor finds the program's, a group's and each command's help", () => {
  const all = helpFor(COMMANDS, []);
  for (const { name } of COMMANDS) assert.ok(all.includes(`\n  ${name}`), name);
  const keys = helpFor(COMMANDS, ["keys"]);
  assert.ok(keys.includes("keys revoke NAME") && !keys.includes("projects"), keys);
  for (const command of COMMANDS) {
    assert.equal(helpFor(COMMANDS, command.name.split(" ")), commandHelp(command));
  }
  assert.throws(() => helpFor(COMMANDS, ["vresion"]), {
    message: 'no command "vresion"; did you mean "version"?',
  });
  assert.throws(() => helpFor(COMMANDS, ["serve", "more"]), /"more" is one word too many/);
});

Deno.test("help is what --help and -h print anywhere, whatever else is wrong with the line", async () => {
  using host = new Host();
  const table: [args: string[], words: string[]][] = [
    [["help"], []],
    [["--help"], []],
    [["-h"], []],
    [["help", "keys", "create"], ["keys", "create"]],
    [["keys", "create", "--role", "wrong", "-h"], ["keys", "create"]],
    [["--port", "x", "--help"], ["serve"]],
    [["keys", "--help"], ["keys"]],
  ];
  for (const [args, words] of table) {
    const { code, stdout, stderr } = await host.run(...args);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${helpFor(COMMANDS, words)}\n`);
  }
  await host.refused(["keys"], 2, "create, list, revoke");
  await host.refused(["sevre"], 2, '"serve"');
  await host.refused(["keys", "list", "--", "--help"], 2, '"--help"');
  assert.deepEqual([...Deno.readDirSync(host.folder)], []);
});
