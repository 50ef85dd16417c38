import assert from "node:assert/strict";
import { printable } from "../../cli/printable.ts";

Deno.test("printable escapes what ends a line, moves the cursor or turns the text around, and nothing else", () => {
  const table: [text: string, expected: string][] = [
    ["plain 高速公路 😀 é \\n", "plain 高速公路 😀 é \\n"],
    ["a\nb\r\nc\td", "a\\nb\\r\\nc\\td"],
    ["\u001b[2K\u001b]0;title\u0007", "\\u001b[2K\\u001b]0;title\\u0007"],
    ["\u0000\u007f\u0085\u009b", "\\u0000\\u007f\\u0085\\u009b"],
    ["\u2028\u2029", "\\u2028\\u2029"],
    ["\u202eexe.txt\u2066", "\\u202eexe.txt\\u2066"],
  ];
  for (const [text, expected] of table) assert.equal(printable(text), expected);
});

Deno.test("printable leaves JSON what it was", () => {
  const value = { name: '\u0001\n\u007f\u0085\u2028\u202e"\\' };
  assert.deepEqual(JSON.parse(printable(JSON.stringify(value))), value);
});
