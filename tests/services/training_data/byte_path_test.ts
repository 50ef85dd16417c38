import assert from "node:assert/strict";
import { bytePathOf, nameAt, terminated, textOf } from "../../../services/training_data/byte_path.ts";

Deno.test("bytePathOf has one character per byte, and textOf reads them back", () => {
  for (const text of ["a/b.txt", "任务", "é", "🗑", ""]) {
    const path = bytePathOf(text);
    assert.equal(path.length, new TextEncoder().encode(text).length);
    assert.equal(textOf(path), text);
  }
});

Deno.test("textOf shows what is no UTF-8, and the bytes stay exact", () => {
  const path = "odd_\xff";
  assert.equal(textOf(path), "odd_\uFFFD");
  assert.deepEqual([...terminated(path)], [...new TextEncoder().encode("odd_"), 0xff, 0]);
});

Deno.test("nameAt reads to the first NUL, from where it is told", () => {
  const bytes = new Uint8Array([...terminated("first"), ...terminated("sec\xffond"), ...terminated("")]);
  assert.equal(nameAt(bytes, 0), "first");
  assert.equal(nameAt(bytes, 6), "sec\xffond");
  assert.equal(nameAt(bytes, bytes.length - 1), "");
});
