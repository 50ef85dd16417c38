/** The arrows of docs/architecture.md: who may import whom, and who may touch the machine. */
import assert from "node:assert/strict";

const ROOT = new URL("..", import.meta.url).pathname;

/** Folder → the folders it may import from, besides itself. */
const ARROWS: Record<string, readonly string[]> = {
  "main.ts": ["cli", "services", "domain"],
  cli: ["routes", "http", "services", "db", "domain", "deno.json"],
  routes: ["http", "services", "domain"],
  http: ["services", "domain"],
  services: ["db", "domain"],
  db: ["domain"],
  // Types of rows, until their words move here.
  domain: ["db"],
};

function sources(folder: string): string[] {
  if (folder.endsWith(".ts")) return [folder];
  const found: string[] = [];
  for (const entry of Deno.readDirSync(ROOT + folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...sources(path));
    else if (path.endsWith(".ts")) found.push(path);
  }
  return found;
}

/** Paths from the root that `file` imports; packages are left out. */
function imports(file: string): string[] {
  const text = Deno.readTextFileSync(ROOT + file);
  const names = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1]!);
  return names.map((name) => new URL(name, `file:///${file}`).pathname.slice(1)).map(decodeURIComponent);
}

for (const [folder, allowed] of Object.entries(ARROWS)) {
  Deno.test(`${folder} imports only from ${[...allowed, "itself"].join(", ")}`, () => {
    const files = sources(folder);
    assert.ok(files.length > 0);
    for (const file of files) {
      for (const imported of imports(file)) {
        const target = imported.split("/")[0]!;
        assert.ok(target === folder || allowed.includes(target), `${file} imports ${imported}`);
      }
    }
  });
}

Deno.test("routes never touch the machine themselves", () => {
  for (const file of sources("routes")) {
    assert.ok(!/\bDeno\./.test(Deno.readTextFileSync(ROOT + file)), `${file} uses Deno.*`);
  }
});

Deno.test("only the modules of training_data, and the one that makes the database's file, touch files", () => {
  const allowed = [
    "services/training_data/training_data.ts",
    "services/training_data/tree_walk.ts",
    "services/training_data/volume.ts",
    "db/dialects/sqlite/file.ts",
  ];
  const touching =
    /\bDeno\.(remove|rename|mkdir|writeFile|writeTextFile|open|symlink|link|truncate|chmod|copyFile|readDir|lstat)(Sync)?\(/;
  for (const folder of Object.keys(ARROWS)) {
    for (const file of sources(folder)) {
      if (allowed.includes(file)) continue;
      assert.ok(!touching.test(Deno.readTextFileSync(ROOT + file)), `${file} touches files`);
    }
  }
});
