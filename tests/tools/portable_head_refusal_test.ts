/** What the portable head does where it cannot unpack, or must not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PortableBed } from "./_portable.ts";

const USER = `pipekeep-${Deno.uid()}`;
const isRoot = Deno.uid() === 0;

/** The bed's temporary folder, in which the head makes the user's own. */
function fallback(bed: PortableBed): string {
  return join(bed.tmp, USER);
}

Deno.test("the portable head goes to the temporary folder where the cache cannot be used", async (t) => {
  const obstacles: Record<string, (bed: PortableBed) => Record<string, string>> = {
    "HOME is not there and cannot be made": () => ({ HOME: "/proc/nonexistent" }),
    "HOME is a file": (bed) => ({ HOME: bed.executable }),
    "HOME is empty": () => ({ HOME: "" }),
    "HOME is relative": () => ({ HOME: "home" }),
    "others can write into the cache": (bed) => {
      Deno.mkdirSync(bed.cache, { recursive: true });
      Deno.chmodSync(bed.cache, 0o777);
      return {};
    },
    "the group can write into the cache": (bed) => {
      Deno.mkdirSync(bed.cache, { recursive: true });
      Deno.chmodSync(bed.cache, 0o775);
      return {};
    },
    "the cache is a link": (bed) => {
      Deno.mkdirSync(join(bed.home, ".cache"));
      Deno.symlinkSync(bed.tmp, bed.cache);
      return {};
    },
    "a file stands where the contents go": (bed) => {
      Deno.mkdirSync(join(bed.home, ".cache"));
      Deno.writeTextFileSync(bed.cache, "");
      return {};
    },
  };
  for (const [name, obstruct] of Object.entries(obstacles)) {
    await t.step(name, async () => {
      using bed = new PortableBed();
      const env = obstruct(bed);
      for (let start = 0; start < 2; start++) {
        const { code, said, stderr } = await bed.start([], { env });
        assert.equal(code, 0, stderr);
        assert.equal(stderr, "");
        assert.equal(said.runtime, join(fallback(bed), bed.contents, "deno"));
        assert.deepEqual(bed.cached(fallback(bed)), [bed.contents]);
      }
      assert.equal(Deno.statSync(fallback(bed)).mode! & 0o777, 0o700);
    });
  }
});

Deno.test({
  name: "the portable head runs nothing from another user's folder",
  ignore: !isRoot,
  async fn() {
    using bed = new PortableBed();
    const { said } = await bed.start();
    Deno.writeTextFileSync(said.runtime!, "#!/bin/sh\necho planted");
    Deno.chownSync(bed.cache, 65534, 65534);
    assert.equal((await bed.start()).said.runtime, join(fallback(bed), bed.contents, "deno"));
    Deno.chownSync(fallback(bed), 65534, 65534);
    const { code, stderr } = await bed.start();
    assert.equal(code, 1);
    assert.match(stderr, /^pipekeep: cannot unpack into .*XDG_CACHE_HOME names another place\n$/);
  },
});

Deno.test("the portable head refuses a temporary folder in which others can swap its own", async (t) => {
  const doors: Record<string, (bed: PortableBed) => void> = {
    "not sticky": (bed) => Deno.chmodSync(bed.tmp, 0o777),
    "its name is taken by a link": (bed) => Deno.symlinkSync(bed.home, fallback(bed)),
    "its name is taken by a folder that all can write": (bed) => {
      Deno.mkdirSync(fallback(bed));
      Deno.chmodSync(fallback(bed), 0o777);
    },
  };
  for (const [name, open] of Object.entries(doors)) {
    await t.step(name, async () => {
      using bed = new PortableBed();
      open(bed);
      const { code, stderr, said } = await bed.start([], { env: { HOME: "" } });
      assert.equal(code, 1);
      assert.deepEqual(said, {});
      assert.match(stderr, /^pipekeep: cannot unpack into a cache \(HOME is not set\) or /);
    });
  }
  await t.step("but takes a sticky one", async () => {
    using bed = new PortableBed();
    Deno.chmodSync(bed.tmp, 0o1777);
    assert.equal((await bed.start([], { env: { HOME: "" } })).code, 0);
  });
});

Deno.test("the portable head refuses another machine in one line, before it writes anything", async () => {
  using bed = new PortableBed();
  const fakes = join(bed.folder, "fakes");
  Deno.mkdirSync(fakes);
  Deno.writeTextFileSync(join(fakes, "uname"), "#!/bin/sh\necho Plan9 mips\n", { mode: 0o755 });
  const { code, stderr } = await bed.start([], { env: { PATH: `${fakes}:${Deno.env.get("PATH")}` } });
  assert.equal(code, 1);
  assert.match(stderr, /^pipekeep: this executable is built for \S+ \S+, but this machine is Plan9 mips\n$/);
  assert.equal(bed.cached(), undefined);
});

function isGzip(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8;
}

Deno.test("the portable head runs nothing from a damaged file and leaves nothing behind", async (t) => {
  const damages: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    "cut off in the archive": (bytes) => bytes.subarray(0, bytes.length - 200),
    "cut off before the checksum": (bytes) => bytes.subarray(0, bytes.length - 8),
    "nothing after the head": (bytes) => bytes.subarray(0, bytes.findIndex((_, i) => isGzip(bytes, i))),
    "a wrong checksum": (bytes) => bytes.with(bytes.length - 7, bytes.at(-7)! ^ 1),
  };
  for (const [name, damage] of Object.entries(damages)) {
    await t.step(name, async () => {
      using bed = new PortableBed();
      Deno.writeFileSync(bed.executable, damage(Deno.readFileSync(bed.executable)));
      const { code, stderr, said } = await bed.start();
      assert.equal(code, 1);
      assert.deepEqual(said, {});
      assert.match(stderr, /\npipekeep: cannot unpack into .* is \S.* whole/s);
      assert.deepEqual(bed.cached(), []);
      assert.deepEqual(bed.cached(fallback(bed)), []);
    });
  }
});

Deno.test("the portable head ends at a signal while it unpacks, and removes what it unpacked", async () => {
  using bed = new PortableBed();
  const fakes = join(bed.folder, "fakes");
  const reached = join(bed.folder, "reached");
  Deno.mkdirSync(fakes);
  new Deno.Command("mkfifo", { args: [reached] }).outputSync();
  // Says that it runs, and ends when the other side has been read.
  Deno.writeTextFileSync(join(fakes, "gzip"), `#!/bin/sh\necho here >"${reached}"\nexit 1\n`, {
    mode: 0o755,
  });
  const child = bed.spawn([], { env: { PATH: `${fakes}:${Deno.env.get("PATH")}` } });
  const unpacking = await Deno.open(reached);
  child.kill("SIGTERM");
  await unpacking.read(new Uint8Array(8));
  unpacking.close();
  assert.equal((await child.output()).code, 143);
  assert.deepEqual(bed.cached(), []);
});
