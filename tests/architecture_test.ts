/** The arrows of docs/architecture.md: who may import whom, and who may touch the machine. */
import assert from "node:assert/strict";

const ROOT = new URL("..", import.meta.url).pathname;

/** Folder → the folders it may import from, besides itself. Everybody may use `domain`. */
const ARROWS: Record<string, readonly string[]> = {
  "main.ts": ["cli"],
  cli: ["routes", "http", "services", "db", "deno.json"],
  routes: ["http", "services"],
  http: ["services"],
  services: ["db"],
  db: [],
  domain: [],
};

/** Room of services/ → the rooms it may import from, besides itself. Files beside the rooms are anybody's. */
const ROOMS: Record<string, readonly string[]> = {
  training_data: [],
  deletion: ["training_data"],
  tasks: ["training_data"],
  jobs: ["deletion"],
  background: [],
  access: [],
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
        assert.ok(
          target === folder || target === "domain" || allowed.includes(target),
          `${file} imports ${imported}`,
        );
      }
    }
  });
}

Deno.test("http/ speaks no family's language: its files hold no Chinese", () => {
  for (const file of sources("http")) {
    const found = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef].*/u.exec(Deno.readTextFileSync(ROOT + file))
      ?.[0];
    assert.equal(found, undefined, file);
  }
});

/** The room of a file of services/, or undefined for one beside them. */
function roomOf(file: string): string | undefined {
  return /^services\/([^/]+)\//.exec(file)?.[1];
}

Deno.test("services: rooms have arrows one way, and nobody but app.ts sees all of them", () => {
  for (const file of sources("services")) {
    const room = roomOf(file);
    if (room !== undefined) assert.ok(Object.hasOwn(ROOMS, room), `${file}: a room without arrows`);
    for (const imported of imports(file)) {
      const target = roomOf(imported);
      if (imported === "services/app.ts") assert.equal(room, undefined, `${file} imports ${imported}`);
      if (target === undefined || target === room || file === "services/app.ts") continue;
      assert.ok(room !== undefined && ROOMS[room]!.includes(target), `${file} imports ${imported}`);
    }
  }
});

Deno.test("production files import nothing from tests, tools or bench", () => {
  for (const folder of Object.keys(ARROWS)) {
    for (const file of sources(folder)) {
      for (const imported of imports(file)) {
        assert.ok(!/^(tests|tools|bench)\//.test(imported), `${file} imports ${imported}`);
      }
    }
  }
});

Deno.test("no file is over 300 lines", () => {
  for (const folder of [...Object.keys(ARROWS), "tests", "tools", "bench"]) {
    for (const file of sources(folder)) {
      const lines = Deno.readTextFileSync(ROOT + file).split("\n").length - 1;
      assert.ok(lines <= 300, `${file} has ${lines} lines`);
    }
  }
});

Deno.test("routes never touch the machine themselves", () => {
  for (const file of sources("routes")) {
    assert.ok(!/\bDeno\./.test(Deno.readTextFileSync(ROOT + file)), `${file} uses Deno.*`);
  }
});

Deno.test("only the room of training_data, what makes the database's file, and the reserve touch files", () => {
  const room = "services/training_data/";
  const others = ["db/dialects/sqlite/file.ts", "services/reserve.ts"];
  const touching =
    /\bDeno\.(remove|rename|mkdir|writeFile|writeTextFile|open|symlink|link|truncate|chmod|copyFile|readDir|lstat)(Sync)?\(/;
  for (const folder of Object.keys(ARROWS)) {
    for (const file of sources(folder)) {
      if (file.startsWith(room) || others.includes(file)) continue;
      assert.ok(!touching.test(Deno.readTextFileSync(ROOT + file)), `${file} touches files`);
    }
  }
});

/** What stands between the brackets of each constructor of a file; errors are made of what they say. */
function constructorsOf(file: string): string[] {
  const text = Deno.readTextFileSync(ROOT + file).replace(/class \w+ extends Error \{[\s\S]*?\n\}/g, "");
  return [...text.matchAll(/\bconstructor\(([\s\S]*?)\) \{/g)].map((match) => match[1]!);
}

Deno.test("no production class uses parameter properties", () => {
  const property = /(?:^|,|\*\/)\s*(?:private|protected|public|readonly|override)\s/;
  for (const folder of Object.keys(ARROWS)) {
    for (const file of sources(folder)) {
      for (const parameters of constructorsOf(file)) {
        assert.ok(!property.test(parameters), `${file}: ${parameters}`);
      }
    }
  }
});

Deno.test("services: a class takes one thing, or its dependencies in one object and maybe options in another", () => {
  const style =
    /^(((\w+: \w+( \| undefined)?|dependencies: \w+Dependencies)(, )?)?(options: \w+Options( = \{\})?)?)$/;
  for (const file of sources("services")) {
    for (const parameters of constructorsOf(file)) assert.match(parameters, style, file);
  }
});
