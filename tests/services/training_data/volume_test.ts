import assert from "node:assert/strict";
import {
  isEmpty,
  kindAt,
  lookAtRoot,
  openVolume,
  strangerIn,
  TRASH,
} from "../../../services/training_data/volume.ts";
import { exists } from "../../_harness.ts";

async function inFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  try {
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("openVolume makes the directory and its trash, names it once, and locks it", async () => {
  await inFolder((folder) => {
    const path = `${folder}/deep/training_data`;
    const first = openVolume(path);
    assert.equal(Deno.statSync(`${path}/${TRASH}`).mode! & 0o777, 0o700);
    assert.deepEqual([first.device, first.inode], [
      Deno.statSync(path).dev,
      Deno.statSync(path).ino,
    ]);
    assert.throws(() => openVolume(path), {
      code: "storage_failed",
      message: /another pipekeep is working on it/,
    });
    first.lock.close();
    const second = openVolume(path);
    assert.deepEqual([second.id, second.inode], [first.id, first.inode]);
    // What it tried out is gone again.
    assert.deepEqual([...Deno.readDirSync(`${path}/${TRASH}`)].map((entry) => entry.name), [
      `.volume-${first.id}`,
    ]);
    second.lock.close();
  });
});

Deno.test("openVolume works on the real path of a link", async () => {
  await inFolder((folder) => {
    Deno.mkdirSync(`${folder}/real`);
    Deno.symlinkSync("real", `${folder}/link`);
    const volume = openVolume(`${folder}/link`);
    assert.equal(volume.root, Deno.realPathSync(`${folder}/real`));
    volume.lock.close();
  });
});

const STRANGERS: Record<string, { make: (trash: string) => void; why: RegExp }> = {
  "open to others": {
    make: (trash) => Deno.mkdirSync(trash, { mode: 0o755 }),
    why: /is open to others \(mode 0755\)/,
  },
  "a file": { make: (trash) => Deno.writeTextFileSync(trash, "x"), why: /is not a directory/ },
  "a link": {
    make: (trash) => {
      Deno.mkdirSync(`${trash}.elsewhere`);
      Deno.symlinkSync(`${trash}.elsewhere`, trash);
    },
    why: /is not a directory/,
  },
};

for (const [name, { make, why }] of Object.entries(STRANGERS)) {
  Deno.test(`openVolume refuses a trash that is ${name}, and leaves everything as it is`, async () => {
    await inFolder((folder) => {
      Deno.mkdirSync(`${folder}/task_a`);
      make(`${folder}/${TRASH}`);
      const before = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
      assert.throws(() => openVolume(folder), { code: "storage_failed", message: why });
      assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), before);
    });
  });
}

Deno.test("openVolume refuses what is no directory, and the root of the file system", async () => {
  await inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "x");
    assert.throws(() => openVolume(`${folder}/file`), { code: "storage_failed" });
    assert.equal(Deno.readTextFileSync(`${folder}/file`), "x");
    assert.throws(() => openVolume("/"), { message: /it is the root of the file system/ });
    assert.ok(!exists(`/${TRASH}`));
  });
});

Deno.test("strangerIn knows another's trash, and one on another file system", async () => {
  await inFolder((folder) => {
    Deno.chmodSync(folder, 0o700);
    const info = Deno.lstatSync(folder);
    assert.equal(strangerIn(info, info.dev, info.uid!), undefined);
    assert.match(strangerIn(info, info.dev, info.uid! + 1)!, /belongs to user/);
    assert.match(strangerIn(info, info.dev + 1, info.uid!)!, /not on the same file system/);
  });
});

Deno.test("lookAtRoot tells a missing, an empty and a filled training_data apart, and makes nothing", async () => {
  await inFolder((folder) => {
    assert.equal(lookAtRoot(`${folder}/none`, []), undefined);
    assert.ok(!exists(`${folder}/none`));
    Deno.mkdirSync(`${folder}/${TRASH}`);
    Deno.mkdirSync(`${folder}/not a task`);
    const sight = lookAtRoot(folder, [])!;
    assert.deepEqual([sight.id, isEmpty(sight), kindAt(sight, "task_a")], [undefined, true, "absent"]);
    Deno.mkdirSync(`${folder}/task_a`);
    Deno.writeTextFileSync(`${folder}/task_b`, "x");
    assert.deepEqual([isEmpty(sight), kindAt(sight, "task_a"), kindAt(sight, "task_b")], [
      false,
      "directory",
      "forbidden",
    ]);
    Deno.mkdirSync(`${folder}/${TRASH}/.volume-some-id`);
    assert.equal(lookAtRoot(folder, [])!.id, "some-id");
  });
});
