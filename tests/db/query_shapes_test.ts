import assert from "node:assert/strict";
import { QueryShapes } from "../../db/query_shapes.ts";
import { openTemporary } from "../_support/database.ts";

Deno.test("QueryShapes compiles a shape once, and gives each run its own values in the query's order", async () => {
  await using store = await openTemporary();
  const { kysely } = store.database;
  const shapes = new QueryShapes<{ name?: string; limit: number }>();
  let compiled = 0;
  const ready = (values: { name?: string; limit: number }) =>
    shapes.ready(values, (given) => {
      compiled++;
      let query = kysely.selectFrom("settings").select("value").where("name", "!=", "fixed").limit(
        given.limit,
      );
      if (given.name !== undefined) query = query.where("name", "=", given.name);
      return query.compile();
    });
  const first = ready({ name: "a", limit: 1 });
  assert.deepEqual(first.parameters, ["fixed", "a", 1]);
  assert.deepEqual(ready({ name: "b", limit: 2 }), { sql: first.sql, parameters: ["fixed", "b", 2] });
  assert.equal(compiled, 1);
  assert.deepEqual(ready({ limit: 3 }).parameters, ["fixed", 3]);
  assert.equal(compiled, 2);
});
