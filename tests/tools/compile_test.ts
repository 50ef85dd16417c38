import assert from "node:assert/strict";
import { LIBRARIES } from "../../services/training_data/libc.ts";
import { join } from "node:path";
import { withoutCachePaths } from "../../tools/bundle.ts";
import { compileArguments, findDenort, PERMISSIONS, readOutcome } from "../../tools/compile.ts";
import { platformOf, quoteForShell } from "../../tools/portable.ts";
import { exists } from "../_harness.ts";
import metadata from "../../deno.json" with { type: "json" };

const ROOT = new URL("../..", import.meta.url).pathname;

const SMALL_PROGRAM = ["/bin/true", "/usr/bin/true"].find((path) => exists(path)) ?? Deno.execPath();

/** What `deno compile` prints, up to where the cases part. */
const PRELUDE = "Check main.ts\nCompile main.ts to dist/unfinished/pipekeep\n";

Deno.test("compileArguments ask for the narrowest permissions, the Workers and nothing else", () => {
  assert.deepEqual(compileArguments("dist/pipekeep"), [
    "compile",
    "--no-prompt",
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-env=PIPEKEEP_*",
    "--allow-sys=statfs",
    `--allow-ffi=${LIBRARIES.join(",")}`,
    "--no-code-cache",
    "--include",
    "services/training_data/tree_worker.ts",
    "--include",
    "services/training_data/task_reader_worker.ts",
    "--output",
    "dist/pipekeep",
    "main.ts",
  ]);
});

Deno.test("PERMISSIONS are those of a start from source", () => {
  assert.ok(metadata.tasks.start.command.includes(` ${PERMISSIONS.join(" ")} main.ts`));
});

Deno.test("deno compile takes the arguments and stores exactly those permissions", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const output = join(folder, "pipekeep");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: compileArguments(output),
      cwd: ROOT,
      // Any program can be the base here: what is looked at is what deno adds to it. A small one is sooner copied.
      env: { DENORT_BIN: SMALL_PROGRAM, NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const compiled = new TextDecoder("latin1").decode(Deno.readFileSync(output));
    const permissions = JSON.parse(/"permissions":(\{[^}]*\})/.exec(compiled)![1]!) as Record<
      string,
      unknown
    >;
    const { allow_import: _, ...given } = permissions;
    const granted = Object.entries(given).filter(([, value]) => value !== null);
    assert.deepEqual(Object.fromEntries(granted), {
      allow_env: ["PIPEKEEP_*"],
      allow_ffi: [...LIBRARIES],
      allow_net: [],
      allow_read: [],
      allow_sys: ["statfs"],
      allow_write: [],
      prompt: false,
    });
    for (const worker of ['"tree_worker.ts"', '"task_reader_worker.ts"']) {
      assert.ok(compiled.includes(worker));
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("readOutcome tells a lack of denort from every other failure", () => {
  const scenarios: [name: string, exitCode: number, stderr: string, expected: unknown][] = [
    ["success", 0, PRELUDE, { is: "compiled" }],
    ["a type error", 1, "Check main.ts\nTS2322 [ERROR]: …\nerror: Type checking failed.\n", { is: "failed" }],
    [
      "a DENORT_BIN that is not there",
      1,
      PRELUDE + "error: Writing deno compile executable to temporary file 'x'\n\nCaused by:\n" +
      "    0: Could not find denort at '/none'\n    1: No such file or directory (os error 2)\n",
      { is: "failed" },
    ],
    [
      "no network",
      1,
      PRELUDE + "error: Writing deno compile executable to temporary file 'x'\n\nCaused by:\n" +
      "    0: Setting up base binary.\n    1: error sending request\n    2: dns error\n    3: no such name\n",
      { is: "without_denort", reason: "no such name" },
    ],
    [
      "no network, with a backtrace",
      1,
      PRELUDE + "error: x\n\nCaused by:\n    0: Setting up base binary.\n    1: dns error\n\n" +
      "Stack backtrace:\n   0: <unknown>\n",
      { is: "without_denort", reason: "dns error" },
    ],
    [
      "no reason",
      1,
      PRELUDE + "error: Setting up base binary.\n",
      { is: "without_denort", reason: "no reason given" },
    ],
    ["ended by a signal", 137, "", { is: "failed" }],
  ];
  for (const [name, exitCode, stderr, expected] of scenarios) {
    assert.deepEqual(readOutcome(exitCode, stderr), expected, name);
  }
});

Deno.test("findDenort takes DENORT_BIN, else one beside deno, else none", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const deno = join(folder, "deno");
    assert.equal(findDenort(deno, undefined), undefined);
    Deno.writeTextFileSync(join(folder, "denort"), "");
    assert.equal(findDenort(deno, undefined), join(folder, "denort"));
    assert.equal(findDenort(deno, ""), join(folder, "denort"));
    assert.equal(findDenort(deno, "/elsewhere/denort"), "/elsewhere/denort");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("platformOf knows what uname says, and refuses where sh is missing", () => {
  assert.equal(platformOf({ os: "linux", arch: "aarch64" }).built_for, "Linux aarch64");
  assert.equal(platformOf({ os: "darwin", arch: "aarch64" }).built_for, "Darwin arm64");
  assert.throws(
    () => platformOf({ os: "windows", arch: "x86_64" }),
    /no portable form for windows on x86_64/,
  );
});

Deno.test("quoteForShell keeps sh from reading anything into a word", async () => {
  for (const word of ["--allow-env=PIPEKEEP_*", "it's", '$HOME `id` \\ "', "", "--no-lock", "a\nb", "*"]) {
    const script = `printf %s ${quoteForShell(word)}`;
    const { stdout } = await new Deno.Command("sh", { args: ["-c", script], cwd: ROOT }).output();
    assert.equal(new TextDecoder().decode(stdout), word);
  }
});

Deno.test("withoutCachePaths leaves no trace of the builder's cache", () => {
  const script =
    "// ../../home/me/.cache/deno/npm/some.registry/zod/4.6.7/v4/index.js\nvar a = 1;\n// services/a.ts\n";
  assert.equal(withoutCachePaths(script), "// npm:zod/4.6.7/v4/index.js\nvar a = 1;\n// services/a.ts\n");
});
