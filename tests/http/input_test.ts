import assert from "node:assert/strict";
import { z } from "zod";
import { invalid, parse } from "../../http/input.ts";
import { ENGLISH_WORDS } from "../../http/words.ts";
import { INPUT_WORDS } from "../../routes/api/v0/_texts.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { boot, V0 } from "../_harness.ts";
import { V1 } from "../_support/background.ts";

function refusal(look: () => unknown): PipekeepError {
  try {
    look();
  } catch (error) {
    assert.ok(error instanceof PipekeepError);
    return error;
  }
  assert.fail("nothing was thrown");
}

Deno.test("invalid names 20 problems at most, missing and outermost first, and counts the others", () => {
  const inner = Array.from(
    { length: 30 },
    (_, i) => ({ field: `list.${i}`, kind: "invalid", message: "m" }) as const,
  );
  const { details } = invalid([
    ...inner,
    { field: "confirm", kind: "invalid", message: "m" },
    { field: "a.b", kind: "missing", message: "m" },
  ]);
  assert.deepEqual(details.problems?.slice(0, 3).map((problem) => problem.field), [
    "a.b",
    "confirm",
    "list.0",
  ]);
  assert.deepEqual([details.problems?.length, details.more_problems], [20, 12]);
  assert.equal(invalid(inner.slice(0, 20)).details.more_problems, undefined);
  assert.equal(invalid(inner.slice(0, 20), 3).details.more_problems, 3);
});

Deno.test("parse cuts names and values that are too long for a message, and shows control characters escaped", () => {
  const schema = z.strictObject({ a: z.literal("x").optional() });
  const long = "服务".repeat(500_000);
  for (const raw of [{ a: long }, { [long]: 1 }, { a: { [long]: long } }, { a: "😀".repeat(1000) }]) {
    for (const words of [INPUT_WORDS, ENGLISH_WORDS]) {
      const { message, details } = refusal(() => parse(schema, raw, words));
      assert.ok(message.length < 400, message);
      assert.ok(message.isWellFormed(), message);
      assert.equal(details.problems?.length, 1);
    }
  }
  assert.equal(
    refusal(() => parse(schema, { "a\0\n\ud800": 1 }, ENGLISH_WORDS)).message,
    "a\\u0000\\n\\ud800: unknown field",
  );
});

Deno.test("parse names 20 of 100,000 unknown fields and says how many more", () => {
  const raw = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`x${i}`, i]));
  const { details } = refusal(() => parse(z.strictObject({ a: z.string() }), raw, ENGLISH_WORDS));
  assert.deepEqual(details.problems?.[0], { field: "a", kind: "missing", message: "required" });
  assert.deepEqual([details.problems?.length, details.more_problems], [20, 99_981]);
});

Deno.test("an answer to a body full of wrong fields stays small in each family", async (t) => {
  await using server = await boot();
  const { api_key } = await server.app.keys.create("k", "admin");
  const key = (await server.app.projects.list())[0]!.project_key;
  const names = (name: string) =>
    JSON.stringify(
      Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${i}${name.repeat(100)}`, 1])),
    );
  const table: [method: string, path: string, says: RegExp][] = [
    ["POST", `${V0}/tasks`, /另有2980个问题未列出/],
    ["DELETE", `${V0}/tasks`, /缺少必需参数: task_ids, confirm（另有2982个问题未列出）/],
    ["POST", V1, /; and 29\d\d more"/],
    ["POST", `/public/${key}/jobs`, /action/],
  ];
  for (const [method, path, says] of table) {
    for (const name of ["x", "务", '"']) {
      await t.step(`${method} ${path} ${name}`, async () => {
        const before = await server.snapshot();
        const body = names(name);
        const headers = { authorization: `Bearer ${api_key}` };
        const answer = await fetch(server.url + path, {
          method,
          body,
          headers,
        });
        const text = await answer.text();
        assert.equal(answer.status, 400, text);
        assert.match(text, says);
        assert.ok(new TextEncoder().encode(text).length < 16 * 1024, `${text.length}`);
        assert.deepEqual(await server.snapshot(), before);
      });
    }
  }
});
