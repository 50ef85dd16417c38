/** Queries on `api_keys`. */
import type { Executor } from "../database.ts";
import type { ApiKeyRow } from "../schema.ts";

/** @throws {Error} when a key of that name is valid */
export async function insertApiKey(db: Executor, key: ApiKeyRow): Promise<void> {
  await db.insertInto("api_keys").values(key).execute();
}

/** All keys, revoked ones too, oldest first. */
export function listApiKeys(db: Executor): Promise<ApiKeyRow[]> {
  return db.selectFrom("api_keys").selectAll().orderBy("created_at").orderBy("key_id").execute();
}

/** Returns whether there was a valid key of that name. */
export async function revokeApiKey(db: Executor, name: string, now: number): Promise<boolean> {
  const result = await db.updateTable("api_keys").set({ revoked_at: now })
    .where("name", "=", name).where("revoked_at", "is", null).executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
