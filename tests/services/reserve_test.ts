import assert from "node:assert/strict";
import { Reserve, reservePath } from "../../services/reserve.ts";
import { makeDisk, noDisks } from "../_support/loop_mount.ts";

const MIB = 1024 * 1024;

function withFolder(body: (database: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_reserve_" });
    try {
      await body(`${folder}/pipekeep.db`);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

Deno.test("reservePath lies beside the database, whatever that is called", () => {
  assert.equal(reservePath("/a/pipekeep.db"), "/a/pipekeep.reserve");
  assert.equal(reservePath("/a.db/x.sqlite"), "/a.db/x.sqlite.reserve");
});

Deno.test(
  "Reserve.fill makes eight megabytes that take their space on the disk, for the owner alone",
  withFolder(async (database) => {
    const reserve = new Reserve({ database });
    await reserve.fill();
    const { size, blocks, mode } = Deno.statSync(reservePath(database));
    assert.equal(size, 8 * MIB);
    assert.ok(blocks! * 512 >= 8 * MIB);
    assert.equal(mode! & 0o777, 0o600);
  }),
);

Deno.test(
  "Reserve.giveUp says whether there was any, and leaves the space alone until the second look after it",
  withFolder(async (database) => {
    const reserve = new Reserve({ database });
    assert.equal(reserve.giveUp(), false);
    await reserve.fill();
    assert.equal(reserve.giveUp(), true);
    assert.equal(reserve.giveUp(), false);
    await reserve.fill();
    assert.equal(Deno.statSync(reservePath(database)).size, 0);
    await reserve.fill();
    assert.equal(Deno.statSync(reservePath(database)).size, 8 * MIB);
  }),
);

Deno.test(
  "Reserve.fill goes on with what another process gave up, or an end cut short",
  withFolder(async (database) => {
    const reserve = new Reserve({ database });
    await reserve.fill();
    Deno.truncateSync(reservePath(database), 3 * MIB + 5);
    await reserve.fill();
    assert.equal(Deno.statSync(reservePath(database)).size, 8 * MIB);
  }),
);

Deno.test({
  name: `Reserve frees space on a full disk at once, and is made again when there is some${
    noDisks ? ` (${noDisks})` : ""
  }`,
  ignore: noDisks !== undefined,
  async fn() {
    using disk = makeDisk(24);
    const database = `${disk.path}/pipekeep.db`;
    const reserve = new Reserve({ database });
    await reserve.fill();
    disk.fillUp();
    const { dev } = Deno.statSync(disk.path);
    assert.equal(reserve.giveUp(dev + 1), false);
    assert.equal(reserve.giveUp(dev), true);
    const needed = `${disk.path}/needed`;
    Deno.writeFileSync(needed, new Uint8Array(7 * MIB).fill(1));
    await reserve.fill();
    // As much as there is: others would take it.
    await assert.rejects(reserve.fill(), { code: "ENOSPC" });
    const { size } = Deno.statSync(reservePath(database));
    assert.ok(size > 0 && size < 8 * MIB, String(size));
    Deno.removeSync(needed);
    await reserve.fill();
    assert.equal(Deno.statSync(reservePath(database)).size, 8 * MIB);
  },
});
