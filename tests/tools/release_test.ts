import assert from "node:assert/strict";
import metadata from "../../deno.json" with { type: "json" };
import { assertNext, releaseChangelog, releaseMetadata } from "../../tools/release.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

Deno.test("assertNext takes a later version of three numbers alone", () => {
  for (const [current, version] of [["0.1.0", "0.1.1"], ["0.1.9", "0.1.10"], ["0.9.9", "1.0.0"]]) {
    assertNext(current!, version!);
  }
  for (const version of ["0.1.0", "0.0.9", "0.1", "v0.2.0", "0.2.0-rc.1", "", "1.0.0\n"]) {
    assert.throws(() => assertNext("0.1.0", version), { name: "ReleaseError" }, version);
  }
});

Deno.test("releaseChangelog puts what is unreleased under the version", () => {
  const before = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A.\n\n## [0.1.0] - 2026-01-01\n\n- Old.\n";
  assert.equal(
    releaseChangelog(before, "0.2.0", "2026-11-24"),
    "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-24\n\n### Added\n\n- A.\n\n" +
      "## [0.1.0] - 2026-01-01\n\n- Old.\n",
  );
  const wrong = [
    "# Changelog\n\n## [0.1.0]\n\n- Old.\n",
    "# Changelog\n\n## [Unreleased]\n\n## [0.1.0]\n\n- Old.\n",
    "## [Unreleased]\n\n- A.\n\n## [Unreleased]\n\n- B.\n",
  ];
  for (const text of wrong) assert.throws(() => releaseChangelog(text, "0.2.0", "2026-11-24"), /Unreleased/);
});

Deno.test("releaseMetadata changes the version in deno.json and nothing else", () => {
  const text = Deno.readTextFileSync(`${ROOT}deno.json`);
  const released = JSON.parse(releaseMetadata(text, metadata.version, "9.9.9"));
  assert.deepEqual(released, { ...metadata, version: "9.9.9" });
  assert.throws(() => releaseMetadata(text, "8.8.8", "9.9.9"), { name: "ReleaseError" });
});

Deno.test("release makes one commit and one tag of a clean tree, and refuses every other state untouched", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_release_" });
  const run = async (command: string, ...args: string[]) => {
    const env = { GIT_CONFIG_GLOBAL: "/dev/null", NO_COLOR: "1", ...AUTHOR };
    const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd: folder, env }).output();
    return {
      code,
      stdout: new TextDecoder().decode(stdout).trim(),
      stderr: new TextDecoder().decode(stderr),
    };
  };
  const release = (...args: string[]) =>
    run(Deno.execPath(), "run", "--no-config", "--no-prompt", "-A", "tools/release.ts", ...args);
  const state = async () => [
    (await run("git", "log", "--format=%s")).stdout,
    (await run("git", "tag")).stdout,
    Deno.readTextFileSync(`${folder}/deno.json`),
    Deno.readTextFileSync(`${folder}/CHANGELOG.md`),
  ];
  try {
    Deno.mkdirSync(`${folder}/tools`);
    Deno.copyFileSync(`${ROOT}tools/release.ts`, `${folder}/tools/release.ts`);
    Deno.writeTextFileSync(`${folder}/deno.json`, '{ "version": "0.1.0" }\n');
    Deno.writeTextFileSync(`${folder}/CHANGELOG.md`, "## [Unreleased]\n\n- A.\n");
    for (const args of [["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "First"]]) {
      assert.equal((await run("git", ...args)).code, 0);
    }
    const before = await state();
    const refusals: string[][] = [[], ["0.1.0"], ["0.2.0", "0.3.0"], ["0.2.0", "--dri-run"]];
    for (const args of refusals) assert.equal((await release(...args)).code, 1, args.join(" "));
    Deno.writeTextFileSync(`${folder}/more`, "");
    assert.match((await release("0.2.0")).stderr, /not clean/);
    Deno.removeSync(`${folder}/more`);
    assert.match((await release("0.2.0", "--dry-run")).stdout, /would release 0\.2\.0 after 0\.1\.0/);
    assert.deepEqual(await state(), before);

    const { code, stderr } = await release("0.2.0");
    assert.equal(code, 0, stderr);
    const [log, tags, deno, changelog] = await state();
    assert.deepEqual([log, tags, deno], ["Release 0.2.0\nFirst", "v0.2.0", '{ "version": "0.2.0" }\n']);
    assert.match(changelog!, /^## \[Unreleased\]\n\n## \[0\.2\.0\] - \d{4}-\d\d-\d\d\n\n- A\.\n$/);
    assert.equal((await run("git", "status", "--porcelain")).stdout, "");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

const AUTHOR = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
};
