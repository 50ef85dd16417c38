import assert from "node:assert/strict";
import { figuresOf } from "../../bench/_history.ts";

Deno.test("figuresOf has each claim's median by a name of its own, its unit in it", () => {
  assert.deepEqual(
    figuresOf([
      { name: "ready, sources", values: [200, 100, 156.44], goals: [{ value: 300, unit: "ms" }] },
      { name: "  / bare Deno.serve", values: [3, 1, 2] },
      { name: "ready, executable", values: [90], goals: [{ value: 300, unit: "ms" }] },
      { name: "  / bare Deno.serve", values: [1.23456, 2] },
      { name: "pipekeep / rm -rf", values: [0.781], goals: [{ value: 1.6 }, { value: 0.75 }] },
    ]),
    {
      "ready, sources, ms": 156,
      "ready, sources / bare Deno.serve": 2,
      "ready, executable, ms": 90,
      "ready, executable / bare Deno.serve": 1.62,
      "pipekeep / rm -rf": 0.781,
    },
  );
});
