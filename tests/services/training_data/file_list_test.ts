import assert from "node:assert/strict";
import { byLibc, byRuntime, type DirectoryReader } from "../../../services/training_data/directory_reader.ts";
import { listFiles, type ListPosition } from "../../../services/training_data/file_list.ts";
import { Libc, LIBRARIES } from "../../../services/training_data/libc.ts";
import { makeLinkFreeRoot, removeLinkFreeRoot } from "../../../services/training_data/link_free.ts";
import { TaskFiles } from "../../../services/training_data/task_files.ts";
import { underExchange } from "../../_support/exchange_links.ts";

function makeRoot(): { folder: string; root: string } & Disposable {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep_list_" }));
  const root = `${folder}/root`;
  for (const path of [`${root}/t`, `${root}/.pipekeep-trash`]) Deno.mkdirSync(path, { recursive: true });
  return { folder, root, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

const READERS: [name: string, read: () => DirectoryReader, isMissing: boolean][] = [
  ["the runtime", () => byRuntime, false],
  ["libc", () => byLibc(Libc.open(LIBRARIES)), Deno.build.os !== "linux"],
];

for (const [reader, read, ignore] of READERS) {
  Deno.test({
    name:
      `listFiles by ${reader} reads a directory again where it has more names than are kept, and misses none`,
    ignore,
    fn: () => pagesThroughManyNames(read()),
  });
  Deno.test({
    name: `listFiles by ${reader} goes down deeper than names are kept, and comes back up`,
    ignore,
    fn: () => goesDownDeep(read()),
  });
  Deno.test({
    name: `a directory is read by ${reader} with its kinds and its failures`,
    ignore,
    fn: () => readsKinds(read()),
  });
}

function readsKinds(read: DirectoryReader): void {
  using place = makeRoot();
  const { root } = place;
  Deno.mkdirSync(`${root}/t/dir`);
  Deno.writeTextFileSync(`${root}/t/文件`, "");
  Deno.symlinkSync("dir", `${root}/t/link`);
  const found: string[] = [];
  read(`${root}/t`, ({ name, kind }) => found.push(`${name} ${kind}`));
  assert.deepEqual(found.toSorted(), ["dir directory", "link other", "文件 other"].toSorted());
  const failures = [["nothing", "ENOENT"], ["文件", "ENOTDIR"], ["a".repeat(256), "ENAMETOOLONG"]];
  for (const [name, code] of failures) {
    assert.throws(() => read(`${root}/t/${name}`, () => {}), { code });
  }
}

function pagesThroughManyNames(read: DirectoryReader): void {
  using place = makeRoot();
  const { root } = place;
  const names = Array.from({ length: 9000 }, (_, i) => `file_${String((i * 7919) % 9000).padStart(5, "0")}`);
  for (const name of names) Deno.writeTextFileSync(`${root}/t/${name}`, "");
  const linkFree = makeLinkFreeRoot(root, Deno.lstatSync(root).dev);
  const found: string[] = [];
  let after: ListPosition | undefined;
  do {
    const page = listFiles(read, linkFree, "t", { after, limit: 1000 });
    found.push(...page.files.map(({ path }) => path));
    after = page.next;
  } while (after !== undefined);
  assert.deepEqual(found, names.toSorted());
  assert.equal(listFiles(read, linkFree, "t", { after: undefined, limit: 9000 }).next, undefined);
  removeLinkFreeRoot(linkFree);
}

function goesDownDeep(read: DirectoryReader): void {
  using place = makeRoot();
  const { root } = place;
  const expected: string[] = [];
  for (let depth = 0, path = ""; depth < 60; depth++, path += "d/") {
    Deno.mkdirSync(`${root}/t/${path}`, { recursive: true });
    for (const name of ["a", "e"]) {
      Deno.writeTextFileSync(`${root}/t/${path}${name}`, "");
      expected.push(`${path}${name}`);
    }
  }
  const linkFree = makeLinkFreeRoot(root, Deno.lstatSync(root).dev);
  for (const limit of [1000, 1, 7]) {
    const found: string[] = [];
    let after: ListPosition | undefined;
    do {
      const page = listFiles(read, linkFree, "t", { after, limit });
      found.push(...page.files.map(({ path }) => path));
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(found.toSorted(), expected.toSorted());
    assert.equal(found[0], "a");
    assert.equal(found.at(-1), "e");
  }
  removeLinkFreeRoot(linkFree);
}

for (const libraries of [[], LIBRARIES]) {
  const by = libraries.length === 0 ? "the runtime" : "libc";
  Deno.test(`TaskFiles.list by ${by} lists nothing from outside while a directory is exchanged for a link 10,000 times`, async () => {
    using place = makeRoot();
    const { folder, root } = place;
    Deno.mkdirSync(`${root}/t/dir/sub`, { recursive: true });
    Deno.writeTextFileSync(`${root}/t/dir/sub/inside`, "");
    Deno.mkdirSync(`${folder}/outside/sub`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/outside/sub/canary`, "");
    Deno.symlinkSync(`${folder}/outside`, `${folder}/link`);
    const files = new TaskFiles({ root, device: Deno.lstatSync(root).dev, libraries });
    const outcomes = await underExchange(10_000, [`${root}/t/dir`, `${folder}/link`], async () => {
      const page = await files.list("t", { after: undefined, limit: 10 });
      return page.files.map(({ path, kind }) => `${path} ${kind}`).join(", ");
    });
    files.close();
    const seen = JSON.stringify([...outcomes]);
    assert.ok([...outcomes.keys()].every((outcome) => !outcome.includes("canary")), seen);
    assert.ok(outcomes.has("dir/sub/inside file") && outcomes.has("dir link"), seen);
  });
}

Deno.test("TaskFiles makes its links again when somebody tidied up the temporary folder", async () => {
  using place = makeRoot();
  const { folder, root } = place;
  Deno.writeTextFileSync(`${root}/t/file`, "x");
  const temporary = `${folder}/temporary`;
  Deno.mkdirSync(temporary);
  const files = new TaskFiles({ root, device: Deno.lstatSync(root).dev, temporary });
  try {
    for (let round = 0; round < 3; round++) {
      assert.equal((await files.list("t", { after: undefined, limit: 10 })).files.length, 1);
      for (const entry of Deno.readDirSync(temporary)) {
        Deno.removeSync(`${temporary}/${entry.name}`, { recursive: true });
      }
    }
    await files.list("t", { after: undefined, limit: 10 });
    files.close();
    assert.deepEqual([...Deno.readDirSync(temporary)], []);
  } finally {
    files.close();
  }
});
