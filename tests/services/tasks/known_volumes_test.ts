import assert from "node:assert/strict";
import { putSetting } from "../../../db/queries/settings.ts";
import { openStore } from "../../../services/open_store.ts";
import {
  expectedAt,
  type KnownVolume,
  listKnownVolumes,
  takeVolume,
} from "../../../services/tasks/known_volumes.ts";
import type { Volume } from "../../../services/training_data/volume.ts";

const volume = (id: string, path: string | null, opened_at: number): KnownVolume => ({
  id,
  path,
  device: 1,
  inode: 2,
  opened_at,
});

Deno.test("expectedAt is the volume of the same path, or else the last that was opened", () => {
  const known = [volume("c", "/c", 3), volume("b", "/b", 2), volume("a", "/a", 1)];
  assert.equal(expectedAt(known, "/a")?.id, "a");
  assert.equal(expectedAt(known, "/elsewhere")?.id, "c");
  assert.equal(expectedAt([volume("a", null, 0)], "/a")?.id, "a");
  assert.equal(expectedAt([], "/a"), undefined);
});

Deno.test("takeVolume remembers the volume, forgets the one whose place it takes, and leaves the others", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_volumes_" });
  const database = await openStore(`${folder}/pipekeep.db`);
  try {
    const { kysely } = database;
    await putSetting(kysely, "training_data_file_system", JSON.stringify({ device: 7, volume: "older" }));
    assert.deepEqual(await listKnownVolumes(kysely), [
      { id: "older", path: null, device: 7, inode: null, opened_at: 0 },
    ]);
    const open = (id: string, path: string) => ({ id, path, device: 1, inode: 2 }) as Volume;
    await takeVolume(kysely, open("a", "/a"), undefined, 5);
    await takeVolume(kysely, open("b", "/b"), undefined, 6);
    assert.deepEqual(await listKnownVolumes(kysely), [volume("b", "/b", 6), volume("a", "/a", 5)]);
    await takeVolume(kysely, open("c", "/a"), volume("a", "/a", 5), 7);
    assert.deepEqual(await listKnownVolumes(kysely), [volume("c", "/a", 7), volume("b", "/b", 6)]);
  } finally {
    await database.close();
    Deno.removeSync(folder, { recursive: true });
  }
});
