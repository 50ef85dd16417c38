import assert from "node:assert/strict";
import { lazy } from "../../http/lazy.ts";

Deno.test("lazy builds when first asked, and once, undefined too", () => {
  let built = 0;
  const value = lazy(() => ({ built: ++built }));
  assert.equal(built, 0);
  assert.equal(value(), value());
  assert.equal(built, 1);
  const nothing = lazy(() => void built++);
  nothing();
  nothing();
  assert.equal(built, 2);
});
