/**
 * `deno task test:fast`: runs the tests that start no process and boot no server. Which these are is read off the files:
 * a new test is fast until it, or a file of tests/ that it imports, does either.
 *
 * @module
 */
import { dirname, normalize } from "node:path";

const ROOT = new URL("..", import.meta.url).pathname;
const SLOW = /\bDeno\.Command\b|(?<!function )\bboot\(/;

/** Reads a file by its path from the root. */
export type ReadText = (path: string) => string;

/** The test files among `files` that are fast. */
export function fastTests(files: readonly string[], read: ReadText): string[] {
  const known = new Map<string, boolean>();
  const isSlow = (path: string): boolean => {
    const found = known.get(path);
    if (found !== undefined) return found;
    // Until it is known better, for files that import each other.
    known.set(path, false);
    const text = read(path);
    const slow = SLOW.test(text) || importsOf(path, text).some(isSlow);
    known.set(path, slow);
    return slow;
  };
  return files.filter((path) => path.endsWith("_test.ts") && !isSlow(path));
}

/** What a file imports from tests/: only there are servers booted and processes started for a test. */
function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(/\bfrom "(\.[^"]+\.ts)"/g)]
    .map((match) => normalize(`${dirname(path)}/${match[1]}`))
    .filter((imported) => imported.startsWith("tests/"));
}

function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(ROOT + folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesBelow(path) : path.endsWith(".ts") ? [path] : [];
  }).sort();
}

if (import.meta.main) {
  const files = fastTests(filesBelow("tests"), (path) => Deno.readTextFileSync(ROOT + path));
  const args = ["test", "--no-prompt", "--parallel", "-A", ...Deno.args, ...files];
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
  Deno.exit(code);
}
