import assert from "node:assert/strict";
import { encodeEvent, eventStream, type SseSource } from "../../http/sse.ts";

function sourceOf(changes: Awaited<ReturnType<SseSource["next"]>>[]) {
  const state = { asked: 0, closed: 0 };
  const source: SseSource = {
    next: () => Promise.resolve(changes[state.asked++] ?? "end"),
    close: () => void state.closed++,
  };
  return { source, state };
}

const event = (id: number, isLast = false) => ({
  bytes: encodeEvent({ id, event: "task", data: { id } }),
  isLast,
});

Deno.test("eventStream sends events and heartbeats until the last, and closes its source", async () => {
  const { source, state } = sourceOf([event(1), "silence", event(2, true), event(3)]);
  const text = await new Response(eventStream(source)).text();
  assert.equal(
    text,
    'id: 1\nevent: task\ndata: {"id":1}\n\n: heartbeat\n\nid: 2\nevent: task\ndata: {"id":2}\n\n',
  );
  assert.deepEqual(state, { asked: 3, closed: 1 });
});

Deno.test("eventStream ends with its source, and asks it only when there is room", async () => {
  const { source, state } = sourceOf([event(1)]);
  const stream = eventStream(source);
  assert.equal(state.asked, 0);
  assert.match(await new Response(stream).text(), /^id: 1\n/);
  assert.equal(state.closed, 1);
});

Deno.test("eventStream closes its source when the client goes away", async () => {
  const { source, state } = sourceOf([event(1)]);
  const reader = eventStream(source).getReader();
  await reader.read();
  await reader.cancel();
  assert.equal(state.closed, 1);
});
