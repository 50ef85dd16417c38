/** Server-sent events (the HTML standard, 9.2): a stream that makes nothing before it can be sent. */

const encoder = new TextEncoder();
const HEARTBEAT = encoder.encode(": heartbeat\n\n");

/** The headers of such an answer. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // Proxies that would rather collect a whole response.
  "x-accel-buffering": "no",
};

/** What events come from. */
export interface SseSource {
  /**
   * The next event, see {@linkcode encodeEvent}; `"silence"` when there is none for so long that the client should hear
   * that the connection lives; `"end"` when none will come. Not called again before it resolves.
   */
  next(): Promise<{ bytes: Uint8Array; isLast: boolean } | "silence" | "end">;
  /** Idempotent: the client went away, or nothing more will be asked. */
  close(): void;
}

/** One event; `data` is JSON, which has no line breaks. */
export function encodeEvent({ id, event, data }: { id: number; event: string; data: unknown }): Uint8Array {
  return encoder.encode(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** A stream of the source's events. A slow reader is not sent a queue: the source is asked when there is room. */
export function eventStream(source: SseSource): ReadableStream<Uint8Array> {
  let isCancelled = false;
  return new ReadableStream({
    async pull(controller) {
      const change = await source.next();
      if (isCancelled) return;
      if (change === "silence") return controller.enqueue(HEARTBEAT);
      if (change !== "end") {
        controller.enqueue(change.bytes);
        if (!change.isLast) return;
      }
      source.close();
      controller.close();
    },
    cancel() {
      isCancelled = true;
      source.close();
    },
  }, { highWaterMark: 0 });
}
