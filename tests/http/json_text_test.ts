import assert from "node:assert/strict";
import process from "node:process";
import { inspectJson } from "../../http/json_text.ts";

const MIB = 1024 * 1024;
const full = (open: string, part: string, close: string) =>
  open + part.repeat(Math.floor((MIB - open.length - close.length) / part.length)) + close;

Deno.test("inspectJson names each field that stands twice in one object, at every depth", () => {
  const table: [text: string, repeated: string[]][] = [
    ["{}", []],
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ["a"]],
    ['{"a" : 1 , "a"\n:2,"a":3}', ["a"]],
    ['{"a":1,"\\u0061":2}', ["a"]],
    ['{"\\u0061":1,"a":2}', ["a"]],
    ['{"params":{"keep_last":20,"keep_last":0}}', ["params.keep_last"]],
    ['{"params":{"a":{"b":1,"c":2,"b":3}},"params":1}', ["params.a.b", "params"]],
    ['[{"a":1},{"a":2}]', []],
    ['{"x":[0,[1,2],{"a":1},{"a":1,"b":[1,2],"a":2}]}', ["x.3.a"]],
    ['{"a":{"a":{"a":1}}}', []],
    ['{"a":"a","b":"a","c":["a","a"]}', []],
    ['{"a":{"x":1},"b":{"x":1}}', []],
    ['{"a":"\\"a\\":1,","b":"{\\"a\\":","c":"\\\\"}', []],
    ['{"":1,"":2}', [""]],
    ['{"__proto__":1,"__proto__":2}', ["__proto__"]],
    ['{"constructor":1,"toString":2}', []],
    ['{"1":1,"1":2,"01":3}', ["1"]],
  ];
  for (const [text, repeated] of table) {
    JSON.parse(text);
    assert.deepEqual(inspectJson(text).repeated, { paths: repeated, more: 0 }, text);
  }
});

Deno.test("inspectJson remembers 20 places and counts the others", () => {
  const names = Array.from({ length: 25 }, (_, i) => `"n${i}":0,"n${i}":1`);
  const { paths, more } = inspectJson(`{${names.join(",")}}`).repeated;
  assert.deepEqual([paths.length, paths[0], more], [20, "n0", 5]);
});

Deno.test("inspectJson refuses what is nested deeper than 200, and passes 200", () => {
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    const nested = (depth: number) => open.repeat(depth) + "1" + close.repeat(depth);
    inspectJson(nested(200));
    assert.throws(() => inspectJson(nested(201)), { code: "malformed_json" });
    assert.throws(() => inspectJson(open.repeat(100_000)), { code: "malformed_json" });
  }
});

Deno.test("inspectJson takes text that is no JSON without falling over it", () => {
  for (
    const text of ["", "}", "]]", '"', '{"', '{"a', '"\\', "{,}", '{"\\x":1}', ":::", ",,,", "{]}", "[}]"]
  ) {
    inspectJson(text);
  }
});

Deno.test("inspectJson looks at a hostile MiB in less than 50 ms", async (t) => {
  const deep = '{"a":'.repeat(199);
  const names = Array.from({ length: 80_000 }, (_, i) => `"n${i}":1`);
  const texts: Record<string, string> = {
    "empty objects": full("[", "{},", "{}]"),
    "small objects": full("[", '{"a":1,"b":1},', "{}]"),
    "many names": `{${names.join(",")}}`,
    "many names twice": `{${[...names.slice(0, 40_000), ...names.slice(0, 40_000)].join(",")}}`,
    "one name": full("{", '"a":1,', '"a":1}'),
    "one name far down": full(`${deep}{`, '"a":1,', `"a":1}${"}".repeat(199)}`),
    "escaped names": full("{", '"\\u0061":1,', '"a":1}'),
    "a long name twice": `{"${"x".repeat(MIB / 2 - 10)}":1,"${"x".repeat(MIB / 2 - 10)}":1}`,
    "backslashes": full('{"', "\\\\", '":1}'),
    "an open string": full('{"', "x", ""),
    "white space": full("{", " ", "}"),
    "brackets": full("", "[]", ""),
  };
  for (const [name, text] of Object.entries(texts)) {
    await t.step(name, () => {
      assert.ok(text.length <= MIB, `${text.length}`);
      // The best of five, in this process's own time: others work on this machine too.
      const times = [1, 2, 3, 4, 5].map(() => {
        const started = process.cpuUsage();
        inspectJson(text);
        const { user, system } = process.cpuUsage(started);
        return (user + system) / 1000;
      });
      assert.ok(Math.min(...times) < 50, `${times.map(Math.round)} ms`);
    });
  }
});
