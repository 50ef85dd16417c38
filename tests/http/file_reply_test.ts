import assert from "node:assert/strict";
import { fileReply } from "../../http/file_reply.ts";

const MODIFIED = Date.UTC(2025, 6, 2);

/** A file of one byte, asked for so long after it was changed. */
function ask(after_ms: number, headers: Record<string, string> = {}, modifiedAt = MODIFIED) {
  const file = {
    name: "a.txt",
    size: 1,
    modifiedAt,
    version: "v",
    stream: () => new ReadableStream<Uint8Array>(),
    close: () => {},
  };
  const reply = fileReply(file, new Headers(headers), MODIFIED + after_ms);
  return { status: reply.status, etag: reply.headers.etag!, headers: reply.headers };
}

Deno.test("fileReply answers 304 for a version that was read when it could not change under the same time any more", () => {
  const { etag } = ask(60_000);
  for (const tag of [etag, `W/${etag}`, "*"]) {
    const again = ask(120_000, { "if-none-match": tag });
    assert.deepEqual([again.status, again.etag], [304, etag]);
  }
});

Deno.test("fileReply answers no 304 for what was read just after a change, neither then nor later", () => {
  const { etag } = ask(100);
  assert.match(etag, /^W\/"/);
  for (const after_ms of [200, 60_000]) {
    for (const tag of [etag, etag.replace("W/", "")]) {
      assert.equal(ask(after_ms, { "if-none-match": tag }).status, 200);
    }
  }
});

Deno.test("fileReply says no time of a file whose time is none, and answers no 304 for it", () => {
  const { etag, headers } = ask(60_000, {}, NaN);
  assert.ok(!("last-modified" in headers));
  assert.equal(ask(60_000, { "if-none-match": etag }, NaN).status, 200);
});
