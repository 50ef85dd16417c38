/**
 * `deno task compile`: makes `dist/pipekeep`. `deno compile` builds on denort, a small runtime that it fetches on first
 * use; where that cannot be had, the portable form is made instead (docs/decisions/0004-portable-executable.md).
 * `--portable` makes that one without trying.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { LIBRARIES } from "../services/training_data/libc.ts";
import { bundle } from "./bundle.ts";
import { packPortable, platformOf } from "./portable.ts";

/** All that the program may do, in either form. */
export const PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env=PIPEKEEP_*",
  // How much room a file system has.
  "--allow-sys=statfs",
  `--allow-ffi=${LIBRARIES.join(",")}`,
] as const;

/** Keeps the runtime of the portable form to the files it was unpacked with, whatever stands in the folders above. */
const ISOLATION = ["--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only"] as const;

const MAIN = "main.ts";
/** Started by their paths, so that no import leads to them. */
const WORKERS = ["tree_worker", "task_reader_worker"].map((name) => `services/training_data/${name}.ts`);
const OUTPUT = "dist/pipekeep";
/** Moved to its place when it is whole; `deno compile` also refuses to replace a file that it did not make. */
const UNFINISHED = "dist/unfinished/pipekeep";

/** The arguments of `deno` that compile the program to `output`. */
export function compileArguments(output: string): string[] {
  // The code cache would lie in the machine's temporary folder, under a name that everybody can foresee.
  const includes = WORKERS.flatMap((worker) => ["--include", worker]);
  return ["compile", ...PERMISSIONS, "--no-code-cache", ...includes, "--output", output, MAIN];
}

/** The denort to use: `DENORT_BIN`, else one beside deno; undefined lets `deno compile` fetch it. */
export function findDenort(deno: string, given: string | undefined): string | undefined {
  if (given) return given;
  const beside = join(dirname(deno), "denort");
  return isFile(beside) ? beside : undefined;
}

/** How a run of `deno compile` ended; `reason` is its own words for why denort could not be had. */
export type CompileOutcome = { is: "compiled" } | { is: "failed" } | { is: "without_denort"; reason: string };

/** Reads the outcome off the exit code and what was printed. Whatever is not plainly a lack of denort is a failure. */
export function readOutcome(exitCode: number, stderr: string): CompileOutcome {
  if (exitCode === 0) return { is: "compiled" };
  const [, causes] = stderr.split("Setting up base binary.");
  if (causes === undefined) return { is: "failed" };
  // One cause below the other, the deepest last; a backtrace may follow.
  const reasons = causes.split("\n\n")[0]!.trim().split("\n").map((line) => line.replace(/^\s*(\d+: )?/, ""));
  return { is: "without_denort", reason: reasons.at(-1) || "no reason given" };
}

async function compile(output: string): Promise<CompileOutcome> {
  const denort = findDenort(Deno.execPath(), Deno.env.get("DENORT_BIN"));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: compileArguments(output),
    env: { NO_COLOR: "1", ...(denort === undefined ? {} : { DENORT_BIN: denort }) },
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  const outcome = readOutcome(code, text);
  if (outcome.is !== "without_denort") console.error(text.trimEnd());
  return outcome;
}

/** Bundles the program and packs it with the deno that runs this. */
async function buildPortable(output: string): Promise<void> {
  const workers = await Promise.all(WORKERS.map(async (worker) => ({
    name: worker.slice(worker.lastIndexOf("/") + 1).replace(/\.ts$/, ".js"),
    mode: 0o644,
    bytes: await bundle(worker),
  })));
  const { contents, bytes } = packPortable({
    platform: platformOf(Deno.build),
    flags: [...ISOLATION, ...PERMISSIONS],
    files: [
      { name: "deno", mode: 0o755, bytes: await Deno.readFile(Deno.execPath()) },
      { name: "main.js", mode: 0o644, bytes: await bundle(MAIN) },
      ...workers,
    ],
  });
  await Deno.writeFile(output, bytes, { mode: 0o755 });
  console.log(`The portable form, contents ${contents}`);
}

async function build(args: readonly string[]): Promise<number> {
  await Deno.mkdir(dirname(UNFINISHED), { recursive: true });
  try {
    const outcome: CompileOutcome = args.includes("--portable")
      ? { is: "without_denort", reason: "not tried" }
      : await compile(UNFINISHED);
    if (outcome.is === "failed") return 1;
    if (outcome.is === "without_denort") {
      console.log(
        `denort, which deno compile builds on: ${outcome.reason}. Building the portable form instead`,
      );
      await buildPortable(UNFINISHED);
    }
    await Deno.rename(UNFINISHED, OUTPUT);
  } finally {
    await Deno.remove(dirname(UNFINISHED), { recursive: true });
  }
  console.log(`${OUTPUT}: ${((await Deno.stat(OUTPUT)).size / 2 ** 20).toFixed(1)} MB`);
  return 0;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  Deno.exit(await build(Deno.args));
}
