import assert from "node:assert/strict";
import { assertFilePath, isFilePath } from "../../domain/file_path.ts";

Deno.test("isFilePath takes names joined by slashes, and none that leads elsewhere", () => {
  const paths = [
    "a",
    "a/b",
    ".hidden",
    "..a",
    "...",
    "a b",
    "中文/表.ddl",
    "a\nb",
    "a\\b",
    "-rf",
    "é".repeat(127),
    // As a name of 255 bytes in another encoding is listed.
    "\uFFFD".repeat(255),
  ];
  const others = ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.", "./a", "a\0", "\ud800"];
  const tooLong = ["a".repeat(256), "中".repeat(86), "\uFFFD".repeat(256), "a/".repeat(2100) + "a"];
  for (const path of paths) assert.ok(isFilePath(path), path);
  for (const path of [...others, ...tooLong]) {
    assert.ok(!isFilePath(path), path);
    assert.throws(() => assertFilePath(path), { code: "invalid_file_path" });
  }
});
