/** Queries on `settings`: what the program remembers from one start to the next. */
import type { Executor } from "../database.ts";

export async function findSetting(db: Executor, name: string): Promise<string | undefined> {
  const row = await db.selectFrom("settings").select("value").where("name", "=", name).executeTakeFirst();
  return row?.value;
}

export async function putSetting(db: Executor, name: string, value: string): Promise<void> {
  await db.insertInto("settings").values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value })).execute();
}
