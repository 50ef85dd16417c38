/** Queries on `settings`: what the program remembers from one start to the next. */
import { sql } from "kysely";
import type { Executor } from "../database.ts";

export async function findSetting(db: Executor, name: string): Promise<string | undefined> {
  const row = await db.selectFrom("settings").select("value").where("name", "=", name).executeTakeFirst();
  return row?.value;
}

/** Those whose name begins with `prefix`, by name. */
export function listSettings(db: Executor, prefix: string): Promise<{ name: string; value: string }[]> {
  return db.selectFrom("settings").select(["name", "value"])
    .where(sql<boolean>`substr(name, 1, ${[...prefix].length}) = ${prefix}`).orderBy("name").execute();
}

export async function putSetting(db: Executor, name: string, value: string): Promise<void> {
  await db.insertInto("settings").values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value })).execute();
}

export async function deleteSetting(db: Executor, name: string): Promise<void> {
  await db.deleteFrom("settings").where("name", "=", name).execute();
}
