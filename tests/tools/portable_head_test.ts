import assert from "node:assert/strict";
import { join } from "node:path";
import { FLAGS, PortableBed, type StartOptions } from "./_portable.ts";

Deno.test("the portable head hands over to the runtime with the program, its words and nothing more", async () => {
  using bed = new PortableBed();
  const { code, stderr, said, words, pid } = await bed.start(["keys", "create", "--name", "a b  c*"]);
  const folder = join(bed.cache, bed.contents);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.equal(said.runtime, join(folder, "deno"));
  assert.equal(said.executable, bed.executable);
  assert.equal(said.deno_dir, join(folder, "cache"));
  assert.equal(said.update_check, "1");
  assert.equal(said.pid, String(pid), "a signal for the executable would not reach the server");
  const ours = ["keys", "create", "--name", "a b  c*"];
  assert.deepEqual(words, ["run", ...FLAGS, join(folder, "main.js"), ...ours]);
  assert.deepEqual(bed.cached(), [bed.contents]);
  assert.equal(Deno.statSync(bed.cache).mode! & 0o777, 0o700);
});

Deno.test("the portable head gives the program's exit code and leaves its umask alone", async () => {
  using bed = new PortableBed();
  assert.equal((await bed.start(["fail"])).code, 7);
  const { said } = await bed.start(["-c", `umask 027; exec "$0"`, bed.executable], { command: "/bin/sh" });
  assert.equal(said.umask, "0027");
});

Deno.test("the portable head finds its own file however it was started", async (t) => {
  using bed = new PortableBed();
  Deno.mkdirSync(join(bed.folder, "bin"));
  Deno.symlinkSync("../bin/second", join(bed.folder, "bin/pipekeep"));
  Deno.symlinkSync(bed.executable, join(bed.folder, "bin/second"));
  Deno.symlinkSync("app", join(bed.folder, "linked"));
  const sh = (script: string, extra: StartOptions = {}): [string[], StartOptions] => [
    ["-c", script],
    { command: "/bin/sh", ...extra },
  ];
  const inPath = (folder: string) => ({ PATH: `${folder}:${Deno.env.get("PATH")}`, CDPATH: bed.home });
  const ways: Record<string, [string[], StartOptions]> = {
    "by its path": [[], {}],
    "by a relative path": sh("./app/pipekeep"),
    "by a relative path without a dot": sh("app/pipekeep", { env: { CDPATH: `/:${bed.home}` } }),
    "by a link to a link": [[], { command: join(bed.folder, "bin/pipekeep") }],
    "through a linked folder": [[], { command: join(bed.folder, "linked/pipekeep") }],
    "from PATH": sh("pipekeep", { env: inPath(join(bed.folder, "app")) }),
    "from a link in PATH": sh("pipekeep", { env: inPath(join(bed.folder, "bin")) }),
    "as a script in the current folder": sh("sh pipekeep", { cwd: join(bed.folder, "app") }),
    "as a script by its path": sh(`sh app/pipekeep`),
  };
  for (const [way, [args, options]] of Object.entries(ways)) {
    await t.step(way, async () => {
      const { code, stderr, said } = await bed.start(args, options);
      assert.equal(code, 0, stderr);
      assert.equal(said.executable, bed.executable);
    });
  }
});

Deno.test("the portable head unpacks once", async () => {
  using bed = new PortableBed();
  const unpacked = () => Deno.statSync(join(bed.cache, bed.contents, "deno")).ino;
  await bed.start();
  const first = unpacked();
  await bed.start();
  assert.equal(unpacked(), first);
});

Deno.test("the portable head survives many first starts at once", async () => {
  using bed = new PortableBed();
  const starts = await Promise.all(Array.from({ length: 12 }, () => bed.start()));
  for (const { code, stderr } of starts) assert.equal(code, 0, stderr);
  assert.deepEqual(bed.cached(), [bed.contents]);
  const files = bed.cached(join(bed.cache, bed.contents));
  assert.deepEqual(files, ["deno", "main.js", "tree_worker.js"]);
});

Deno.test("the portable head uses nothing that a cut off start left, and removes it after a while", async () => {
  using bed = new PortableBed();
  const leave = (name: string, minutesAgo: number) => {
    const part = join(bed.cache, name);
    Deno.mkdirSync(join(part, bed.contents), { recursive: true });
    Deno.writeTextFileSync(join(part, bed.contents, "deno"), "#!/bin/sh\necho half a runtime", {
      mode: 0o755,
    });
    const time = Date.now() / 1000 - minutesAgo * 60;
    Deno.utimeSync(part, time, time);
  };
  Deno.mkdirSync(bed.cache, { recursive: true });
  Deno.chmodSync(bed.cache, 0o700);
  leave(".unpack.old", 12);
  leave(".unpack.young", 8);
  const { code, said, stderr } = await bed.start();
  assert.equal(code, 0, stderr);
  assert.equal(said.runtime, join(bed.cache, bed.contents, "deno"));
  assert.deepEqual(bed.cached(), [".unpack.young", bed.contents]);
});

Deno.test("the portable head unpacks again what somebody took a part of", async () => {
  using bed = new PortableBed();
  await bed.start();
  Deno.removeSync(join(bed.cache, bed.contents, "main.js"));
  const { code, stderr } = await bed.start();
  assert.equal(code, 0, stderr);
  assert.deepEqual(bed.cached(join(bed.cache, bed.contents)), ["deno", "main.js", "tree_worker.js"]);
  assert.deepEqual(bed.cached(), [bed.contents]);
});

Deno.test("the portable head uses XDG_CACHE_HOME when it is absolute", async () => {
  using bed = new PortableBed();
  const elsewhere = join(bed.folder, "elsewhere");
  const { said } = await bed.start([], { env: { XDG_CACHE_HOME: elsewhere } });
  assert.equal(said.runtime, join(elsewhere, "pipekeep", bed.contents, "deno"));
  const relative = await bed.start([], { env: { XDG_CACHE_HOME: "relative" } });
  assert.equal(relative.said.runtime, join(bed.cache, bed.contents, "deno"));
});
