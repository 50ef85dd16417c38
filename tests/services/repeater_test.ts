import assert from "node:assert/strict";
import { Repeater } from "../../services/repeater.ts";
import { until } from "../_harness.ts";

const none = () => assert.fail("nothing fails");

Deno.test("Repeater runs at once, then again and again, never twice at once", async () => {
  let runs = 0;
  let running = 0;
  const repeater = new Repeater({
    interval_ms: 1,
    run: async () => {
      running++;
      assert.equal(running, 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      runs++;
    },
    onError: none,
  });
  repeater.start();
  repeater.start();
  assert.equal(running, 1);
  await until(() => runs >= 3, "three runs");
  await repeater.stop();
});

Deno.test("Repeater stops behind the run under way, as often as it is told, and can start again", async () => {
  const gate = Promise.withResolvers<void>();
  let ended = 0;
  const repeater = new Repeater({
    interval_ms: 1,
    run: async () => {
      await gate.promise;
      ended++;
    },
    onError: none,
  });
  repeater.start();
  const stops = Promise.all([repeater.stop(), repeater.stop()]);
  gate.resolve();
  await stops;
  assert.equal(ended, 1);
  repeater.start();
  await until(() => ended >= 2, "a second run");
  await repeater.stop();
});

Deno.test("Repeater tells what a run throws, and goes on", async () => {
  const errors: unknown[] = [];
  const repeater = new Repeater({
    interval_ms: 1,
    run: () => Promise.reject(new Error(`${errors.length}`)),
    onError: (error) => errors.push((error as Error).message),
  });
  repeater.start();
  await until(() => errors.length >= 2, "two failures");
  await repeater.stop();
  assert.deepEqual(errors.slice(0, 2), ["0", "1"]);
});

Deno.test("Repeater refuses an interval that no timer can wait", () => {
  for (const interval_ms of [0, -1, 1.5, NaN, 2 ** 31]) {
    assert.throws(() => new Repeater({ interval_ms, run: () => Promise.resolve(), onError: none }), {
      name: "RangeError",
      message:
        `interval_ms is ${interval_ms}, but must be a whole number of milliseconds from 1 to 2147483647`,
    });
  }
});
