/** A task's changes as server-sent events (the HTML standard, 9.2). */
import type { BackgroundTaskRow, Watch } from "../../../services/background/background_tasks.ts";
import { isOver } from "../../../domain/background_task_states.ts";
import { encodeEvent, eventStream, SSE_HEADERS, type SseSource } from "../../../http/sse.ts";
import { taskDetailView } from "./_outputs.ts";

/** Silence after which a comment says that the connection lives. */
const HEARTBEAT_MS = 15_000;

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
    body: eventStream(changesOf(watch, after, heartbeat_ms)),
    headers: SSE_HEADERS,
  };
}

/** The task's states after a version, up to its last. */
function changesOf(watch: Watch, after: number, heartbeat_ms: number): SseSource {
  let sent = after;
  return {
    async next() {
      const change = await watch.next(sent, heartbeat_ms);
      if (typeof change === "string") return change;
      sent = change.version;
      return { bytes: encode(change), isLast: isOver(change.status) };
    },
    close: () => watch.close(),
  };
}

function encode(row: BackgroundTaskRow): Uint8Array {
  let bytes = encoded.get(row);
  if (bytes === undefined) {
    bytes = encodeEvent({ id: row.version, event: "task", data: taskDetailView(row) });
    encoded.set(row, bytes);
  }
  return bytes;
}
