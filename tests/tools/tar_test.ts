import assert from "node:assert/strict";
import { join } from "node:path";
import { type ArchiveFile, tar } from "../../tools/tar.ts";

const FILES: ArchiveFile[] = [
  { name: "second", mode: 0o644, bytes: new Uint8Array(512).fill(65) },
  { name: "first", mode: 0o755, bytes: new TextEncoder().encode("中文\n") },
  { name: "third", mode: 0o644, bytes: new Uint8Array(0) },
];

async function archive(files: readonly ArchiveFile[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob([...tar(files)]).arrayBuffer());
}

Deno.test("tar makes what the system's tar unpacks", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeFileSync(join(folder, "archive"), await archive(FILES));
    const { code, stderr } = await new Deno.Command("tar", { args: ["-xf", "archive"], cwd: folder })
      .output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    for (const { name, mode, bytes } of FILES) {
      assert.deepEqual(Deno.readFileSync(join(folder, name)), bytes);
      assert.equal(Deno.statSync(join(folder, name)).mode! & 0o777, mode);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("tar gives the same bytes for the same files in any order", async () => {
  assert.deepEqual(await archive(FILES), await archive(FILES.toReversed()));
});

Deno.test("tar refuses a name that its header cannot hold", () => {
  for (const name of ["", "文", "x".repeat(101)]) {
    assert.throws(
      () => [...tar([{ name, mode: 0o644, bytes: new Uint8Array(0) }])],
      /cannot archive the name/,
    );
  }
});
