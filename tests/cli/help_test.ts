import assert from "node:assert/strict";
import { command } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { hostsFlag, integerFlag, switchFlag, textFlag } from "../../cli/flags.ts";
import { commandHelp, overview, usage } from "../../cli/help.ts";

const remove = command({
  name: "remove",
  summary: "take away what is named",
  words: { task: { help: "its id; - reads them from standard input", isVariadic: true, takesStdin: true } },
  flags: {
    reason: textFlag("reason", { help: "why", placeholder: "WHY", isRequired: true }),
    limit: integerFlag("limit", { help: "how many", variable: "X_LIMIT", min: 0, max: 9, default: 3 }),
    hosts: hostsFlag("at", { help: "where", variable: "X_AT" }),
    force: switchFlag("force", { help: "even what runs" }),
  },
  examples: [{ line: "remove a b", says: "both" }, { line: "remove -" }],
  exitCodes: { 3: "partly done" },
  run() {},
});

Deno.test("commandHelp says all that is declared", () => {
  assert.equal(
    commandHelp(remove),
    `take away what is named

Usage: pipekeep remove TASK… --reason WHY [flags]

Words:
  TASK  its id; - reads them from standard input

Flags:
  --reason WHY  why (required)
  --limit N     how many (default: 3; X_LIMIT)
  --at HOST     where (repeatable; default: none; X_AT)
  --force       even what runs

Examples:
  pipekeep remove a b  # both
  pipekeep remove -

Exit codes:
  0  done
  1  refused or failed
  2  wrong use
  3  partly done`,
  );
});

Deno.test("overview lists each command with its summary", () => {
  const text = overview(COMMANDS, "about");
  for (const listed of COMMANDS) {
    assert.ok(text.includes(usage(listed)), text);
    assert.ok(text.includes(listed.summary), text);
  }
});

Deno.test("commandHelp of every command keeps to lines that a reader can take in", () => {
  for (const listed of COMMANDS) {
    for (const line of commandHelp(listed).split("\n")) assert.ok(line.length <= 110, line);
    assert.doesNotMatch(listed.summary, /\.$|\n/);
  }
});
