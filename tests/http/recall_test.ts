import assert from "node:assert/strict";
import { recall } from "../../http/recall.ts";
import { ResponseCache } from "../../http/response_cache.ts";

Deno.test("recall answers what is remembered, and 304 to whom names its tag", async () => {
  const cache = new ResponseCache({ changeToken: () => Promise.resolve("same") });
  let made = 0;
  const ask = (headers: Record<string, string> = {}) => {
    const url = "http://localhost/a?b=1";
    const make = () => Promise.resolve(`${++made}`);
    return recall(
      cache,
      new Request(url, { headers }),
      new URL(url),
      () => Promise.resolve({ key: "a", make }),
    );
  };
  const first = await ask();
  assert.equal(await first.text(), "1");
  assert.equal(await (await ask()).text(), "1");
  const etag = first.headers.get("etag")!;
  const known = await ask({ "if-none-match": etag });
  assert.deepEqual([known.status, known.body, known.headers.get("etag")], [304, null, etag]);
  assert.equal((await ask({ "if-none-match": '"other"' })).status, 200);
  assert.equal(made, 1);
});
