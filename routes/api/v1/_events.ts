/** A task's changes as server-sent events (the HTML standard, 9.2). */
import type { BackgroundTaskRow, Watch } from "../../../services/background/background_tasks.ts";
import { isOver } from "../../../domain/background_task_states.ts";
import { taskDetailView } from "./_outputs.ts";

/** Silence after which a comment says that the connection lives. */
const HEARTBEAT_MS = 15_000;

const encoder = new TextEncoder();
const HEARTBEAT = encoder.encode(": heartbeat\n\n");
/** However many watch a task, a state of it is put into words once. */
const encoded = new WeakMap<BackgroundTaskRow, Uint8Array>();

/**
 * Answers with the task as it is and then each change, until it is over. The state that `lastEventId` names is not
 * sent again; when that was the last of all, 204 tells a browser's EventSource not to come back.
 */
export async function eventsReply(
  watch: Watch,
  lastEventId: string | null,
  heartbeat_ms = HEARTBEAT_MS,
): Promise<
  { status: 204; body: null } | {
    body: ReadableStream<Uint8Array>;
    headers: Record<string, string>;
  }
> {
  const seen = /^\d{1,15}$/.test(lastEventId ?? "") ? Number(lastEventId) : 0;
  const now = await watch.next(0, 0);
  if (typeof now !== "string" && isOver(now.status) && now.version === seen) {
    watch.close();
    return { status: 204, body: null };
  }
  // A version that the task never had is none that the client saw.
  const after = typeof now !== "string" && seen <= now.version ? seen : 0;
  return {
    body: eventStream(watch, after, heartbeat_ms),
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // Proxies that would rather collect a whole response.
      "x-accel-buffering": "no",
    },
  };
}

/** Nothing is made before it can be sent: a slow reader gets the newest state, not a queue of old ones. */
function eventStream(watch: Watch, after: number, heartbeat_ms: number): ReadableStream<Uint8Array> {
  let sent = after;
  let isCancelled = false;
  return new ReadableStream({
    async pull(controller) {
      const change = await watch.next(sent, heartbeat_ms);
      if (isCancelled) return;
      if (change === "silence") return controller.enqueue(HEARTBEAT);
      if (change !== "end") {
        sent = change.version;
        controller.enqueue(encode(change));
        if (!isOver(change.status)) return;
      }
      watch.close();
      controller.close();
    },
    cancel() {
      isCancelled = true;
      watch.close();
    },
  }, { highWaterMark: 0 });
}

function encode(row: BackgroundTaskRow): Uint8Array {
  let bytes = encoded.get(row);
  if (bytes === undefined) {
    bytes = encoder.encode(
      `id: ${row.version}\nevent: task\ndata: ${JSON.stringify(taskDetailView(row))}\n\n`,
    );
    encoded.set(row, bytes);
  }
  return bytes;
}
