import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { lineFormatter } from "../../cli/logging.ts";

const FORGED = "x\n2026-11-24 10:00:00 ERROR forged\r\u001b[2K\u0085\u2028y";

function record(value: unknown, properties: Record<string, unknown> = {}): LogRecord {
  return {
    category: ["pipekeep", "trash"],
    level: "warning",
    timestamp: Date.UTC(2026, 10, 24),
    message: ["the trash holds ", value, ""],
    rawMessage: "the trash holds {name}",
    properties: { name: value, ...properties },
  };
}

Deno.test("lineFormatter keeps a record of text on one line, whatever its values hold", () => {
  const format = lineFormatter("text");
  const escaped = String.raw`x\n2026-11-24 10:00:00 ERROR forged\r\u001b[2K\u0085\u2028y`;
  const line = format(record(FORGED, { request_id: FORGED }));
  assert.equal(line.replace(/^\S+ /, ""), `WRN trash: the trash holds ${escaped} request_id=${escaped}\n`);
  for (const value of [new Error(FORGED), { toString: () => FORGED }]) {
    // deno-lint-ignore no-control-regex
    assert.match(format(record(value)), /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*\n$/);
  }
});

Deno.test("lineFormatter keeps a record of JSON on one line, even for who takes U+2028 or U+0085 for an end", () => {
  const line = lineFormatter("json")(record(FORGED));
  // deno-lint-ignore no-control-regex
  assert.match(line, /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*\n$/);
  const { message, name } = JSON.parse(line);
  assert.deepEqual({ message, name }, { message: `the trash holds ${FORGED}`, name: FORGED });
});
