import assert from "node:assert/strict";
import { z } from "zod";
import { exampleOf } from "../../http/examples.ts";

const inner = z.strictObject({ id: z.string(), size: z.int() }).meta({ id: "InnerOfExamplesTest" });
const schema = z.strictObject({
  id: z.int(),
  list: z.array(inner),
  nested: z.strictObject({ size: z.int() }),
  kind: z.enum(["a", "b"]),
  state: z.enum(["c", "d"]).optional(),
  note: z.string().nullable(),
  size: z.int().optional(),
  force: z.boolean().default(true),
  off: z.boolean(),
});

Deno.test("exampleOf fills a schema by the names of fields, the more exact name first", () => {
  const values = { id: 7, "InnerOfExamplesTest.id": "seven", size: 3, "nested.size": 4, note: null };
  assert.deepEqual(exampleOf(schema, "input", values), {
    value: {
      id: 7,
      list: [{ id: "seven", size: 3 }],
      nested: { size: 4 },
      kind: "a",
      note: null,
      size: 3,
      off: false,
    },
    missing: [],
  });
  assert.deepEqual(schema.parse(exampleOf(schema, "output", values).value).force, true);
});

Deno.test("exampleOf names the fields that nobody gave a value", () => {
  const { missing } = exampleOf(schema, "input", { id: 7, size: 3 });
  assert.deepEqual(missing, [".note"]);
  assert.deepEqual(exampleOf(z.strictObject({ a: z.array(inner) }), "output", { size: 1 }).missing, [
    "InnerOfExamplesTest.id",
  ]);
});
