import assert from "node:assert/strict";
import { PipekeepError } from "../../../domain/errors.ts";
import { kindOf, lastChangeIn, modifiedAt, renameFailure } from "../../../services/training_data/entry.ts";

Deno.test("kindOf says what stands at a path, and follows no link", () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  try {
    Deno.mkdirSync(`${folder}/directory`);
    Deno.writeTextFileSync(`${folder}/file`, "x");
    Deno.symlinkSync("directory", `${folder}/link`);
    Deno.symlinkSync("nowhere", `${folder}/dangling`);
    assert.deepEqual(
      ["directory", "file", "link", "dangling", "nothing"].map((name) => kindOf(`${folder}/${name}`)),
      [
        "directory",
        "forbidden",
        "forbidden",
        "forbidden",
        "absent",
      ],
    );
    assert.throws(() => kindOf(`${folder}/${"a".repeat(300)}`));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** The only file system at hand that takes any time. */
const MEMORY = "/dev/shm";
const noMemory = await Deno.stat(MEMORY).then(() => undefined, () => `${MEMORY} is not there`);

Deno.test({
  name: "lastChangeIn and modifiedAt know no time that is none: what is later than JavaScript counts" +
    (noMemory ? ` (${noMemory})` : ""),
  ignore: noMemory !== undefined,
  fn() {
    const folder = Deno.makeTempDirSync({ dir: MEMORY, prefix: "pipekeep_test_" });
    try {
      Deno.writeTextFileSync(`${folder}/file`, "x");
      for (const path of [`${folder}/file`, folder]) {
        const { success } = new Deno.Command("touch", { args: ["-d", "@9999999999999999", path] })
          .outputSync();
        assert.ok(success);
      }
      assert.equal(modifiedAt(Deno.lstatSync(`${folder}/file`)), null);
      assert.deepEqual(lastChangeIn(folder, 0), { directory: 0, newest: 0 });
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

const FAILURES: [code: string, meaning: string | undefined][] = [
  ["EXDEV", "path_forbidden"],
  ["EBUSY", "path_forbidden"],
  ["ENOTDIR", "path_forbidden"],
  ["EACCES", "permission_denied"],
  ["EPERM", "permission_denied"],
  ["EROFS", "permission_denied"],
  ["ENOENT", "task_not_found"],
  ["EIO", undefined],
  ["ENOSPC", undefined],
];

for (const [code, meaning] of FAILURES) {
  Deno.test(`renameFailure reads ${code} as ${meaning ?? "what it is"}`, () => {
    const error = Object.assign(new Error("rename"), { code });
    const failure = renameFailure(error, "task_a");
    if (meaning === undefined) assert.equal(failure, error);
    else {
      assert.ok(failure instanceof PipekeepError);
      assert.deepEqual([failure.code, failure.details], [meaning, { task_id: "task_a" }]);
      assert.match(failure.message, /training_data\/task_a/);
    }
  });
}
