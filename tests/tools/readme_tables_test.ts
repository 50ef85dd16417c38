import assert from "node:assert/strict";
import { command } from "../../cli/command.ts";
import { choiceFlag, hostsFlag, integerFlag } from "../../cli/flags.ts";
import { commandsTable, flagsTable, replaceBlock } from "../../tools/readme_tables.ts";

Deno.test("flagsTable and commandsTable say what is declared, a pipe in it escaped", () => {
  const flags = [
    integerFlag("port", { variable: "X_PORT", help: "where", min: 0, max: 9, default: 8 }),
    choiceFlag("role", { help: "what | who", choices: ["read", "write"], isRequired: true }),
    hostsFlag("at", { variable: "X_AT", help: "hosts" }),
  ];
  assert.equal(
    flagsTable(flags),
    `| flag                | environment | default  | what it is for               |
| ------------------- | ----------- | -------- | ---------------------------- |
| \`--port\`            | \`X_PORT\`    | \`8\`      | where                        |
| \`--role\`            |             | required | what \\| who: \`read\`, \`write\` |
| \`--at\` (repeatable) | \`X_AT\`      | none     | hosts                        |`,
  );
  const declared = command({ name: "try", summary: "try it", flags: { role: flags[1]! }, run() {} });
  assert.equal(
    commandsTable([declared]),
    `| command                  | what it does |
| ------------------------ | ------------ |
| \`try --role read\\|write\` | try it       |`,
  );
});

Deno.test("replaceBlock replaces what stands between the markers, and refuses where they are not", () => {
  assert.equal(
    replaceBlock("a\n<!-- x -->\nold\n<!-- /x -->\nb", "x", "new"),
    "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb",
  );
  for (const text of ["", "<!-- x -->", "<!-- /x --><!-- x -->", "<!-- x --><!-- x --><!-- /x -->"]) {
    assert.throws(() => replaceBlock(text, "x", "new"), /lacks <!-- x -->/);
  }
});
