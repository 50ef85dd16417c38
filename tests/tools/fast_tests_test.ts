import assert from "node:assert/strict";
import { fastTests } from "../../tools/fast_tests.ts";

/** Spelt apart, lest this file count as slow itself. */
const BOOTS = "await boot" + "()";
const STARTS = "new Deno" + ".Command(x)";

Deno.test("fastTests leaves out what boots a server or starts a process, itself or by what it imports", () => {
  const files: Record<string, string> = {
    "tests/_harness.ts": "export async function boot(options = {}) {}",
    "tests/_process.ts": STARTS,
    "tests/_support/a.ts": 'import { x } from "../_process.ts"; import { y } from "./b.ts";',
    "tests/_support/b.ts": 'import { x } from "./a.ts";',
    "tests/pure_test.ts":
      'import { pure } from "../services/pure.ts"; import { exists } from "./_harness.ts";',
    "tests/boots_test.ts": `import { boot } from "./_harness.ts"; ${BOOTS}`,
    "tests/starts_test.ts": STARTS,
    "tests/deep/imports_test.ts": 'import { y } from "../_support/b.ts";',
    "tests/deep/pure_test.ts": 'import x from "x";',
  };
  const read = (path: string) => files[path]!;
  assert.deepEqual(fastTests(Object.keys(files), read), ["tests/pure_test.ts", "tests/deep/pure_test.ts"]);
});
