import assert from "node:assert/strict";
import { checkUrlLength, parseUrl } from "../../http/url.ts";

Deno.test("parseUrl is undefined where the Host header made no URL", () => {
  assert.equal(parseUrl("http://localhost/a?b")?.pathname, "/a");
  for (const url of ["http://a b/", "http://localhost:99999/", "http://", "/a"]) {
    assert.equal(parseUrl(url), undefined, url);
  }
});

Deno.test("checkUrlLength refuses what is longer than 16,384 characters", () => {
  checkUrlLength("x".repeat(16_384));
  assert.throws(() => checkUrlLength("x".repeat(16_385)), { code: "url_too_long" });
});
