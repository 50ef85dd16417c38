import assert from "node:assert/strict";
import * as fs from "node:fs";
import { PipekeepError } from "../../../domain/errors.ts";
import { closeFile, openFile } from "../../../services/training_data/open_file.ts";
import {
  isIntact,
  type LinkFreeRoot,
  makeLinkFreeRoot,
  removeLinkFreeRoot,
} from "../../../services/training_data/link_free.ts";
import { exists } from "../../_harness.ts";
import { underExchange } from "../../_support/exchange_links.ts";

interface Place extends Disposable {
  folder: string;
  root: string;
  linkFree: LinkFreeRoot;
}

/** A root with the task `t`, whose `dir/file` and `file` hold "inside"; beside the root, `outside/file`: "outside". */
function makePlace(): Place {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep_open_" }));
  const root = `${folder}/root`;
  for (const path of [`${root}/t/dir`, `${root}/.pipekeep-trash`, `${folder}/outside`]) {
    Deno.mkdirSync(path, { recursive: true });
  }
  for (const path of ["root/t/file", "root/t/dir/file"]) {
    Deno.writeTextFileSync(`${folder}/${path}`, "inside");
  }
  Deno.writeTextFileSync(`${folder}/outside/file`, "outside");
  const linkFree = makeLinkFreeRoot(root, Deno.lstatSync(root).dev);
  return {
    folder,
    root,
    linkFree,
    [Symbol.dispose]() {
      removeLinkFreeRoot(linkFree);
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

function read(linkFree: LinkFreeRoot, path: string): string {
  const file = openFile(linkFree, "t", path);
  try {
    const buffer = new Uint8Array(100);
    return new TextDecoder().decode(buffer.subarray(0, fs.readSync(file.fd, buffer, 0, 100, 0)));
  } finally {
    closeFile(file);
  }
}

Deno.test("makeLinkFreeRoot makes a prefix below which no link is followed, and removes it again", () => {
  using place = makePlace();
  const { root, linkFree } = place;
  assert.equal(Deno.readTextFileSync(`${linkFree.prefix}/t/file`), "inside");
  Deno.symlinkSync("dir", `${root}/t/link`);
  assert.throws(() => Deno.lstatSync(`${linkFree.prefix}/t/link/file`), { code: "ELOOP" });
  assert.throws(() => [...Deno.readDirSync(`${linkFree.prefix}/t/link`)], { code: "ELOOP" });
  assert.ok(Deno.lstatSync(`${linkFree.prefix}/t/link`).isSymlink);
  removeLinkFreeRoot(linkFree);
  assert.ok(!exists(linkFree.base));
});

Deno.test("isIntact tells our directory of links from one that somebody made in its place", () => {
  using place = makePlace();
  const { base } = place.linkFree;
  assert.ok(isIntact(place.linkFree));
  Deno.renameSync(base, `${place.folder}/moved`);
  assert.ok(!isIntact(place.linkFree));
  Deno.mkdirSync(base, { mode: 0o700 });
  assert.ok(!isIntact(place.linkFree));
  assert.throws(() => openFile(place.linkFree, "t", "file"), { name: "LinksGone" });
  removeLinkFreeRoot(place.linkFree);
  assert.ok(exists(base), "what is not ours stays");
  Deno.removeSync(base);
});

Deno.test("openFile leaves no file open when it refuses", () => {
  using place = makePlace();
  const { root, linkFree } = place;
  Deno.symlinkSync("file", `${root}/t/link`);
  const open = () => [...fs.readdirSync("/proc/self/fd")].length;
  const before = open();
  for (const path of ["link", "dir", "nothing", "link/file"]) {
    assert.throws(() => openFile(linkFree, "t", path), PipekeepError);
  }
  assert.equal(open(), before);
});

Deno.test("openFile opens nothing outside while a directory is exchanged for a link 10,000 times", async () => {
  using place = makePlace();
  const { folder, root, linkFree } = place;
  Deno.symlinkSync(`${folder}/outside`, `${folder}/link`);
  const outcomes = await underExchange(
    10_000,
    [`${root}/t/dir`, `${folder}/link`],
    () => read(linkFree, "dir/file"),
  );
  const seen = [...outcomes.keys()];
  assert.ok(
    seen.every((outcome) => ["inside", "file_forbidden"].includes(outcome)),
    JSON.stringify([...outcomes]),
  );
  // Otherwise nothing was tried.
  assert.ok(
    outcomes.get("inside")! > 50 && outcomes.get("file_forbidden")! > 50,
    JSON.stringify([...outcomes]),
  );
});

Deno.test("openFile opens nothing outside while the task's directory is exchanged for a link 10,000 times", async () => {
  using place = makePlace();
  const { folder, root, linkFree } = place;
  Deno.symlinkSync(`${folder}/outside`, `${folder}/link`);
  const outcomes = await underExchange(10_000, [`${root}/t`, `${folder}/link`], () => read(linkFree, "file"));
  const seen = [...outcomes.keys()];
  const allowed = ["inside", "path_forbidden", "file_forbidden"];
  assert.ok(seen.every((outcome) => allowed.includes(outcome)), JSON.stringify([...outcomes]));
  assert.ok(outcomes.get("inside")! > 50 && outcomes.size > 1, JSON.stringify([...outcomes]));
});

Deno.test("openFile waits for nobody while a file is exchanged for a FIFO and for a link 10,000 times", async () => {
  using place = makePlace();
  const { folder, root, linkFree } = place;
  assert.ok((await new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).output()).success);
  Deno.symlinkSync(`${folder}/outside/file`, `${folder}/link`);
  const file = `${root}/t/file`;
  const pairs = [file, `${folder}/fifo`, file, `${folder}/link`];
  const outcomes = await underExchange(5_000, pairs, () => read(linkFree, "file"));
  const seen = [...outcomes.keys()];
  assert.ok(
    seen.every((outcome) => ["inside", "file_forbidden"].includes(outcome)),
    JSON.stringify([...outcomes]),
  );
  assert.ok(outcomes.size > 1, JSON.stringify([...outcomes]));
});
