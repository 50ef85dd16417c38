import assert from "node:assert/strict";
import { type ByteRange, parseRange } from "../../http/range.ts";

Deno.test("parseRange takes one range of bytes, and everything else for none", () => {
  const all = undefined;
  const none = "unsatisfiable";
  const table: [header: string | null, size: number, expected: ByteRange | "unsatisfiable" | undefined][] = [
    [null, 10, all],
    ["", 10, all],
    ["bytes=0-0", 10, { from: 0, length: 1 }],
    ["bytes=0-9", 10, { from: 0, length: 10 }],
    ["bytes=2-4", 10, { from: 2, length: 3 }],
    ["BYTES = 2-4", 10, { from: 2, length: 3 }],
    ["bytes=2-", 10, { from: 2, length: 8 }],
    ["bytes=9-99", 10, { from: 9, length: 1 }],
    ["bytes=9-99999999999999999999", 10, { from: 9, length: 1 }],
    ["bytes=10-", 10, none],
    ["bytes=99999999999999999999-", 10, none],
    ["bytes=-3", 10, { from: 7, length: 3 }],
    ["bytes=-30", 10, { from: 0, length: 10 }],
    ["bytes=-0", 10, none],
    ["bytes=-", 10, all],
    ["bytes=4-2", 10, all],
    ["bytes=0-1,3-4", 10, all],
    ["bytes=a-b", 10, all],
    ["bytes=1.5-2", 10, all],
    ["bytes=+1-2", 10, all],
    ["lines=0-1", 10, all],
    ["bytes=0-", 0, all],
    ["bytes=-1", 0, all],
    ["bytes=5-", 0, all],
    ["bytes=5000000000-5000000001", 10_000_000_000, { from: 5_000_000_000, length: 2 }],
  ];
  for (const [header, size, expected] of table) {
    assert.deepEqual(parseRange(header, size), expected, `${header} of ${size}`);
  }
});
