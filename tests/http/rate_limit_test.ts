import assert from "node:assert/strict";
import { PipekeepError } from "../../domain/errors.ts";
import { RateLimit } from "../../http/rate_limit.ts";

function limited(limit: RateLimit, address: string): number | undefined {
  try {
    limit.count(address);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof PipekeepError && error.code === "too_many_failures");
    return error.details.retry_after;
  }
}

Deno.test("RateLimit lets an address fail so often, then makes it wait, and forgives with time", () => {
  const clock = { now: 0 };
  const limit = new RateLimit({ clock: () => clock.now }, { failures: 3, healed_per_second: 0.5 });
  assert.deepEqual([1, 2, 3].map(() => limited(limit, "a")), [undefined, undefined, undefined]);
  assert.equal(limited(limit, "a"), 2);
  assert.equal(limited(limit, "b"), undefined, "another address is not held up");
  clock.now = 1_999;
  assert.equal(limited(limit, "a"), 1);
  clock.now = 2_000;
  assert.equal(limited(limit, "a"), undefined);
  assert.equal(limited(limit, "a"), 2);
});

Deno.test("RateLimit is not fooled by a clock that was set back", () => {
  const clock = { now: 1_000_000 };
  const limit = new RateLimit({ clock: () => clock.now }, { failures: 1 });
  limit.count("a");
  clock.now = 0;
  assert.notEqual(limited(limit, "a"), undefined);
});

Deno.test("RateLimit remembers so many addresses, and forgets those that failed longest ago", () => {
  const limit = new RateLimit({ clock: () => 0 }, { failures: 1, addresses: 2 });
  for (const address of ["a", "b", "c"]) limit.count(address);
  assert.notEqual(limited(limit, "b"), undefined);
  assert.notEqual(limited(limit, "c"), undefined);
  assert.equal(limited(limit, "a"), undefined);
});
