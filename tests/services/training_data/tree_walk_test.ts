/** What holds for both forms of the walk: libc_walk.ts and runtime_walk.ts. */
import assert from "node:assert/strict";
import { type TreeMeasure, wholeOf } from "../../../services/training_data/tree_measure.ts";
import type { Portion, TreeWalk, WalkForm } from "../../../services/training_data/tree_walk.ts";
import { exists, listTree } from "../../_harness.ts";
import { BTRFS, makeDisk, whyNoDisk } from "../../_support/loop_mount.ts";
import { contextOf, openIn, openWalk, WALK_FORMS } from "../../_support/walks.ts";

const ODD_TREE = new URL("../../_support/odd_tree.py", import.meta.url).pathname;

async function withFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_walk_" });
  try {
    await body(folder);
  } finally {
    // What is too deep for the runtime is not for rm.
    await new Deno.Command("rm", { args: ["-rf", folder] }).output();
  }
}

async function makeOddTree(folder: string, form: WalkForm): Promise<Partial<TreeMeasure>> {
  const args = [ODD_TREE, `${folder}/tree`, form === "libc" ? "bytes" : "text"];
  const { success, stdout, stderr } = await new Deno.Command("python3", { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function figuresOf({ shared: _, obstacle, unmeasured, ...figures }: TreeMeasure): Partial<TreeMeasure> {
  assert.deepEqual([obstacle, unmeasured], [null, 0]);
  return figures;
}

const TREE: Portion = { path: "tree", scope: "tree" };

/** The tree in pieces, as the pool shares it out. */
function piecesOf(walk: TreeWalk): Portion[] {
  const { below } = walk.list("tree");
  const of = 3;
  return [
    ...Array.from(
      { length: of },
      (_, index): Portion => ({ path: "tree", scope: "files", slice: { index, of } }),
    ),
    ...below.map((path): Portion => ({ path, scope: "tree" })),
  ];
}

const noBtrfs = whyNoDisk(120, BTRFS);

for (const form of WALK_FORMS) {
  Deno.test({
    name: `TreeWalk (${form}) enters no snapshot, although no mount leads to it${
      noBtrfs ? ` (${noBtrfs})` : ""
    }`,
    ignore: noBtrfs !== undefined,
    fn: async () => {
      using disk = makeDisk(120, BTRFS);
      const tree = `${disk.path}/tree`;
      Deno.mkdirSync(tree);
      for (const args of [["create", `${tree}/b`], ["snapshot", "-r", `${tree}/b`, `${tree}/a`]]) {
        const { success } = await new Deno.Command("btrfs", { args: ["-q", "subvolume", ...args] }).output();
        assert.ok(success, args.join(" "));
      }
      using walk = openWalk(form, contextOf(disk.path));
      assert.equal(walk.measure(TREE).obstacle, "path_forbidden");
    },
  });

  Deno.test(`TreeWalk (${form}) counts a tree of all kinds exactly, whole and in pieces, and removes it alone`, async () => {
    await withFolder(async (folder) => {
      const expected = await makeOddTree(folder, form);
      const outside = listTree(`${folder}/outside`);
      using walk = openWalk(form, contextOf(folder));
      assert.deepEqual(figuresOf(wholeOf([walk.measure(TREE)])), expected);
      const pieces = piecesOf(walk);
      assert.ok(pieces.length > 200);
      assert.deepEqual(figuresOf(wholeOf(pieces.map((piece) => walk.measure(piece)))), expected);
      if (form === "libc") {
        for (const piece of pieces) walk.remove(piece);
        assert.deepEqual(walk.list("tree"), { below: [], files: 0 });
      }
      walk.remove(TREE);
      assert.ok(!exists(`${folder}/tree`));
      assert.deepEqual(listTree(`${folder}/outside`), outside);
      // Removed already: nothing to do.
      walk.remove(TREE);
      walk[Symbol.dispose]();
      assert.deepEqual(openIn(folder), []);
    });
  });

  Deno.test(`TreeWalk (${form}) works in no other directory than the one it was given`, async () => {
    await withFolder((folder) => {
      for (const name of ["base", "other"]) {
        Deno.mkdirSync(`${folder}/${name}/tree`, { recursive: true });
        Deno.writeTextFileSync(`${folder}/${name}/tree/file`, name);
      }
      const context = contextOf(`${folder}/base`);
      Deno.renameSync(`${folder}/base`, `${folder}/away`);
      for (
        const make of [
          () => Deno.symlinkSync("other", `${folder}/base`),
          () => Deno.mkdirSync(`${folder}/base`),
        ]
      ) {
        make();
        assert.throws(() => openWalk(form, context), { code: /ESTALE|ENOTDIR|ELOOP/ });
        Deno.removeSync(`${folder}/base`);
      }
      assert.equal(Deno.readTextFileSync(`${folder}/other/tree/file`), "other");
    });
  });

  Deno.test(`TreeWalk (${form}) calls a tree that is a link or a file an obstacle, and an absent one an error`, async () => {
    await withFolder((folder) => {
      Deno.mkdirSync(`${folder}/elsewhere`);
      Deno.writeTextFileSync(`${folder}/elsewhere/file`, "precious");
      Deno.symlinkSync("elsewhere", `${folder}/link`);
      Deno.writeTextFileSync(`${folder}/file`, "precious");
      using walk = openWalk(form, contextOf(folder));
      for (const path of ["link", "file"]) {
        assert.equal(walk.measure({ path, scope: "tree" }).obstacle, "path_forbidden", path);
      }
      assert.throws(() => walk.measure({ path: "absent", scope: "tree" }), /ENOENT|os error 2/);
      assert.ok(exists(`${folder}/elsewhere/file`));
    });
  });
}

Deno.test("TreeWalk (libc) removes 300 levels of many files with few descriptors", async () => {
  await withFolder((folder) => {
    let path = `${folder}/tree`;
    for (let depth = 0; depth < 300; depth++) {
      Deno.mkdirSync(path);
      for (const name of ["a", "b"]) Deno.writeTextFileSync(`${path}/${name}`, "1");
      Deno.mkdirSync(`${path}/z`);
      path += "/d";
    }
    using walk = openWalk("libc", contextOf(folder));
    const { directories, files } = walk.measure(TREE);
    assert.deepEqual([directories, files], [600, 600]);
    walk.remove(TREE);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test({
  name: "TreeWalk (libc) removes what it can of a tree in which something resists, and names that",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await withFolder(async (folder) => {
      for (const sub of ["a", "b", "c"]) Deno.mkdirSync(`${folder}/tree/${sub}`, { recursive: true });
      Deno.writeTextFileSync(`${folder}/tree/b/保留`, "1");
      const chattr = async (flag: string, path: string) =>
        assert.ok((await new Deno.Command("chattr", { args: [flag, path] }).output()).success);
      using walk = openWalk("libc", contextOf(folder));
      for (
        const [flag, path] of [["i", "tree/b/保留"], ["a", "tree/b/保留"], ["i", "tree/b"], ["a", "tree/b"]]
      ) {
        await chattr(`+${flag}`, `${folder}/${path}`);
        try {
          assert.equal(walk.measure(TREE).obstacle, "permission_denied", `${flag} ${path}`);
          assert.throws(() => walk.remove(TREE), {
            name: "PermissionDenied",
            message: /^remove tree: (保留|b): EPERM$/,
          });
          assert.deepEqual(listTree(`${folder}/tree`), ["b/", "b/保留 1"]);
        } finally {
          await chattr(`-${flag}`, `${folder}/${path}`);
        }
      }
      walk.remove(TREE);
      assert.ok(!exists(`${folder}/tree`));
    });
  },
});
