import assert from "node:assert/strict";
import { findSetting, putSetting } from "../../db/queries/settings.ts";
import { openStore } from "../../services/open_store.ts";
import { openElsewhere } from "../_support/database.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  try {
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("openStore makes the file with its tables, for nobody else to read, and opens it again as it was", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/pipekeep.db`;
    const first = await openStore(path);
    await first.transaction((trx) => putSetting(trx, "a", "1"));
    await first.close();
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    const second = await openStore(path);
    assert.equal(await findSetting(second.kysely, "a"), "1");
    await second.close();
  });
});

Deno.test("openStore names the file that it cannot use, and leaves it as it is", async () => {
  await inFolder(async (folder) => {
    const text = `${folder}/notes.txt`;
    Deno.writeTextFileSync(text, "these are notes, and no database\n".repeat(100));
    const newer = `${folder}/newer.db`;
    await (await openStore(newer)).close();
    {
      using store = openElsewhere(newer);
      store.exec("INSERT INTO kysely_migration VALUES ('9999_later', '2030-01-01')");
    }
    for (const path of [text, newer, folder, `${folder}/missing/pipekeep.db`]) {
      const before = Deno.statSync(folder).isDirectory && path === text
        ? Deno.readTextFileSync(path)
        : undefined;
      await assert.rejects(openStore(path), {
        name: "PipekeepError",
        code: "storage_failed",
        message: new RegExp(`^database ${path} is unusable: `),
      });
      if (before !== undefined) assert.equal(Deno.readTextFileSync(path), before);
    }
    assert.ok(![...Deno.readDirSync(folder)].some(({ name }) => name === "missing"));
  });
});
