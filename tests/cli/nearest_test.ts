import assert from "node:assert/strict";
import { didYouMean, editDistance, findNearest } from "../../cli/nearest.ts";

Deno.test("editDistance counts what is put in, taken out, exchanged and swapped", () => {
  const table: [a: string, b: string, expected: number][] = [
    ["", "", 0],
    ["serve", "serve", 0],
    ["", "abc", 3],
    ["serve", "sevre", 1],
    ["serve", "serv", 1],
    ["serve", "sserve", 1],
    ["serve", "swrve", 1],
    ["ca", "abc", 3],
    ["kitten", "sitting", 3],
  ];
  for (const [a, b, expected] of table) {
    assert.equal(editDistance(a, b), expected, `${a} ${b}`);
    assert.equal(editDistance(b, a), expected, `${b} ${a}`);
  }
});

Deno.test("findNearest takes what differs by a third of its letters at most, and the first of equals", () => {
  const known = ["serve", "keys", "projects", "version", "help"];
  const table: [word: string, expected: string | undefined][] = [
    ["sevre", "serve"],
    ["SERVE", "serve"],
    ["key", "keys"],
    ["project", "projects"],
    ["versoin", "version"],
    ["keyboard", undefined],
    ["", undefined],
  ];
  for (const [word, expected] of table) assert.equal(findNearest(word, known), expected, word);
  assert.equal(findNearest("bat", ["cat", "hat"]), "cat");
  assert.equal(findNearest("--prot", ["--host", "--port"]), "--port");
});

Deno.test("didYouMean names the nearest, else says what it is told", () => {
  assert.equal(didYouMean("sevre", ["serve"], "; there is serve"), '; did you mean "serve"?');
  assert.equal(didYouMean("other", ["serve"], "; there is serve"), "; there is serve");
});
