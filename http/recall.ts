/** Answers a question from what is remembered of it; a client that has the answer already is told just so. */
import { JSON_TYPE } from "./respond.ts";
import { isKnown, type Question, type ResponseCache } from "./response_cache.ts";

/**
 * 304 when `If-None-Match` names the answer's entity tag, else the answer with its tag.
 *
 * @param arrived when the request did, of `performance.now()`: the answer is true as of then or later
 * @param read not called where the same URL was read before and nothing changed since
 */
export async function recall(
  cache: ResponseCache,
  request: Request,
  url: URL,
  read: () => Promise<Question>,
  arrived?: number,
): Promise<Response> {
  const { body, etag } = await cache.get(url.pathname + url.search, read, arrived);
  if (isKnown(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers: { etag } });
  }
  return new Response(body, { headers: { "content-type": JSON_TYPE, etag } });
}
