import assert from "node:assert/strict";
import { nextMidnightUtc } from "../../domain/midnight.ts";

Deno.test("nextMidnightUtc is the next one, at midnight the one a day later, whatever the local clock does", () => {
  const table: [now: string, midnight: string][] = [
    ["2025-07-02T23:59:59.999Z", "2025-07-03T00:00:00Z"],
    ["2025-07-03T00:00:00.000Z", "2025-07-04T00:00:00Z"],
    ["2025-07-03T00:00:00.001Z", "2025-07-04T00:00:00Z"],
    ["2025-12-31T12:00:00Z", "2026-01-01T00:00:00Z"],
    ["2024-02-28T12:00:00Z", "2024-02-29T00:00:00Z"],
    // Local clocks change in these nights: Europe, then New York.
    ["2025-03-29T23:30:00Z", "2025-03-30T00:00:00Z"],
    ["2025-03-30T01:30:00Z", "2025-03-31T00:00:00Z"],
    ["2025-11-02T05:30:00Z", "2025-11-03T00:00:00Z"],
  ];
  for (const [now, midnight] of table) {
    assert.equal(nextMidnightUtc(Date.parse(now)), Date.parse(midnight), now);
  }
});
