import assert from "node:assert/strict";
import { PipekeepError } from "../../domain/errors.ts";
import { type Family, plainFamily } from "../../http/family.ts";
import {
  failureOf,
  JSON_TYPE,
  renderFailure,
  renderReply,
  renderText,
  withoutBody,
} from "../../http/respond.ts";

const family: Family = { ...plainFamily, success: (reply, status) => ({ status, data: reply.data }) };

Deno.test("renderReply puts the family's envelope around data, and nothing around what is bare or raw", async () => {
  const enveloped = renderReply({ status: 201, data: 1, headers: { location: "/1" } }, family);
  assert.deepEqual(await enveloped.json(), { status: 201, data: 1 });
  assert.equal(enveloped.status, 201);
  assert.equal(enveloped.headers.get("location"), "/1");
  assert.equal(enveloped.headers.get("content-type"), JSON_TYPE);
  assert.deepEqual(await renderReply({ data: [1], bare: true }, family).json(), [1]);
  assert.equal(renderText({ data: 1 }, family), '{"status":200,"data":1}');
  const raw = renderReply({ body: "text", headers: { "content-type": "text/plain" } }, family);
  assert.equal(await raw.text(), "text");
  assert.equal(raw.headers.get("content-type"), "text/plain");
  const nothing = renderReply({ status: 204, body: null }, family);
  assert.equal(nothing.status, 204);
  assert.equal(nothing.headers.get("content-type"), null);
});

Deno.test("renderFailure gives an error's status, words and headers", async () => {
  const table: [error: PipekeepError, status: number, header?: string, value?: string][] = [
    [new PipekeepError("task_not_found", "no task a"), 404],
    [new PipekeepError("method_not_allowed", "not here"), 405, "allow", "GET, HEAD"],
    [new PipekeepError("body_too_slow", "too slow"), 408, "connection", "close"],
    [new PipekeepError("unauthorized", "a key"), 401, "www-authenticate", "Bearer"],
    [new PipekeepError("too_many_failures", "wait", { retry_after: 3 }), 429, "retry-after", "3"],
  ];
  for (const [error, status, header, value] of table) {
    const response = renderFailure(failureOf(error), plainFamily, ["GET", "HEAD"]);
    assert.equal(response.status, status);
    assert.deepEqual(await response.json(), { error: error.message });
    if (header !== undefined) assert.equal(response.headers.get(header), value);
  }
});

Deno.test("failureOf tells nobody what only the server's log should say", async () => {
  for (
    const error of [
      new TypeError("/secret/path"),
      "text",
      new PipekeepError("storage_failed", "EIO: /secret/path"),
    ]
  ) {
    const response = renderFailure(failureOf(error), plainFamily);
    assert.equal(response.status, 500);
    assert.deepEqual(await response.json(), {
      error: "internal error; the server's log has the details under this request id",
    });
  }
});

Deno.test("withoutBody keeps status and headers, counts what would be sent, and leaves a stream unread", async () => {
  const head = await withoutBody(renderReply({ data: "任" }, plainFamily), false);
  assert.equal(head.body, null);
  assert.equal(head.headers.get("content-length"), "5");
  const nothing = await withoutBody(renderReply({ status: 204, body: null }, plainFamily), false);
  assert.equal(nothing.headers.get("content-length"), null);
  let isCancelled = false;
  const stream = new ReadableStream({ cancel: () => void (isCancelled = true) }, { highWaterMark: 0 });
  const events = { "content-type": "text/event-stream" };
  const streamed = await withoutBody(new Response(stream, { status: 203, headers: events }), true);
  assert.deepEqual([streamed.status, await streamed.text(), isCancelled], [203, "", true]);
  assert.equal(streamed.headers.get("content-type"), "text/event-stream");
  assert.equal(streamed.headers.get("content-length"), null);
});
