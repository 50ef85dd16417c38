import assert from "node:assert/strict";
import { mediaTypeOf } from "../../http/media_type.ts";

Deno.test("mediaTypeOf goes by the extension, with a charset for text", () => {
  const table: [name: string, type: string][] = [
    ["data_pipeline.log", "text/plain; charset=utf-8"],
    ["a.DDL", "text/plain; charset=utf-8"],
    ["a.tar.gz", "application/gzip"],
    ["pairs.json", "application/json"],
    ["中文.csv", "text/csv; charset=utf-8"],
    ["page.html", "text/html; charset=utf-8"],
    ["README", "application/octet-stream"],
    [".json", "application/octet-stream"],
    ["a.", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
  ];
  for (const [name, type] of table) assert.equal(mediaTypeOf(name), type, name);
});
