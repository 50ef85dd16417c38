/** A handler whose answers are all looked at before they are sent, whoever asked and however. */
import type { ErrorCode } from "../../domain/errors.ts";
import type { Answered } from "../../http/pipeline.ts";
import { parseUrl } from "../../http/url.ts";
import { assertDeclared, assertFrame, eventsOf, type Given } from "./declared.ts";

type Handler = Deno.ServeHandler<Deno.NetAddr>;

/** What went wrong with the answers of a server so far. */
export class Violations {
  #found: unknown[] = [];

  note(error: unknown): void {
    this.#found.push(error);
  }

  /** @throws the first that was noted since it was last asked */
  check(): void {
    const [first] = this.#found.splice(0);
    if (first !== undefined) throw first;
  }
}

/**
 * Wraps the handler that `create` makes with a listener for the codes of refusals. What an answer does wrong is noted;
 * it is sent all the same.
 */
export function watchHandler(
  create: (onAnswered: (answered: Answered) => void) => Handler,
  violations: Violations,
): Handler {
  const codes = new WeakMap<Request, ErrorCode>();
  const handler = create(({ request, error_code }) => {
    if (error_code !== undefined) codes.set(request, error_code);
  });
  return async (request, info) => {
    const response = await handler(request, info);
    const about = {
      method: request.method,
      url: parseUrl(request.url),
      status: response.status,
      headers: response.headers,
      error_code: codes.get(request),
    };
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/event-stream") && response.body !== null) {
      const body = watchStream(response.body, about, violations);
      return new Response(body, { status: response.status, headers: response.headers });
    }
    try {
      // Files and texts have no schema, and reading them here would change how they are streamed.
      const text = type.startsWith("application/json") ? await response.clone().text() : "";
      assertDeclared({ ...about, text });
    } catch (error) {
      violations.note(error);
    }
    return response;
  };
}

/** The same stream; asks for a chunk only when it is asked for one. */
function watchStream(
  stream: ReadableStream<Uint8Array>,
  about: Omit<Given, "text">,
  violations: Violations,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const events = eventsOf(about) ?? {};
  let text = "";
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      text += decoder.decode(value, { stream: true });
      const frames = text.split("\n\n");
      text = frames.pop()!;
      try {
        for (const frame of frames) assertFrame(frame, events);
      } catch (error) {
        violations.note(error);
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
