import assert from "node:assert/strict";
import { insertApiKey, listApiKeys, revokeApiKey } from "../../../db/queries/api_keys.ts";
import type { ApiKeyRow } from "../../../db/schema.ts";
import type { Conformance } from "./_store.ts";

const key = (key_id: string, name: string, created_at: number): ApiKeyRow => ({
  key_id,
  name,
  role: "read",
  hash: "0".repeat(64),
  created_at,
  revoked_at: null,
});

export const apiKeys: Conformance = {
  "listApiKeys gives the oldest first, and the ids by their bytes": async ({ kysely }) => {
    for (const [id, at] of [["a", 5], ["B", 5], ["c", 1]] as const) {
      await insertApiKey(kysely, key(id, id, at));
    }
    assert.deepEqual((await listApiKeys(kysely)).map((row) => row.key_id), ["c", "B", "a"]);
  },
  "insertApiKey refuses the name of a valid key, not of a revoked one, nor one in other letters": async (
    { kysely },
  ) => {
    await insertApiKey(kysely, key("1", "n", 1));
    const before = await listApiKeys(kysely);
    await assert.rejects(insertApiKey(kysely, key("2", "n", 2)));
    assert.deepEqual(await listApiKeys(kysely), before);
    await insertApiKey(kysely, key("3", "N", 3));
    assert.equal(await revokeApiKey(kysely, "n", 9), true);
    await insertApiKey(kysely, key("4", "n", 4));
  },
  "revokeApiKey revokes a valid key once": async ({ kysely }) => {
    await insertApiKey(kysely, key("1", "n", 1));
    assert.equal(await revokeApiKey(kysely, "other", 5), false);
    assert.equal(await revokeApiKey(kysely, "n", 5), true);
    assert.equal(await revokeApiKey(kysely, "n", 6), false);
    assert.deepEqual((await listApiKeys(kysely)).map((row) => row.revoked_at), [5]);
  },
};
