/**
 * `deno task smoke [EXECUTABLE]`: what must work in an executable that was just made, in either form, from an empty
 * folder. The last line says how many checks passed and failed; exit 1 when one failed.
 *
 * @module
 */
import { SmokeBed } from "./smoke_bed.ts";
import { type Check, checkSecondStart, checkServer, checkTraces, checkWords } from "./smoke_checks.ts";
import { checkPortable } from "./smoke_portable.ts";

const counts = { passed: 0, failed: 0 };

const check: Check = async (name, body) => {
  try {
    const remark = await body();
    counts.passed++;
    console.log(`ok      ${name}${remark ? ` (${remark})` : ""}`);
  } catch (error) {
    counts.failed++;
    console.log(`FAILED  ${name}\n${error instanceof Error ? error.stack : error}`);
  }
};

/** Whether the file is a `sh` script with a tail. */
async function isPortable(executable: string): Promise<boolean> {
  using file = await Deno.open(executable);
  const start = new Uint8Array(9);
  await file.read(start);
  return new TextDecoder().decode(start) === "#!/bin/sh";
}

const executable = Deno.args[0] ?? new URL("../dist/pipekeep", import.meta.url).pathname;
const portable = await isPortable(executable);
console.log(`${executable}: ${portable ? "the portable form" : "compiled"}`);
{
  using bed = new SmokeBed(executable);
  await checkServer(check, bed);
  await checkTraces(check, bed, portable);
  await checkSecondStart(check, bed);
  await checkWords(check, bed);
}
if (portable) await checkPortable(check, executable);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
if (counts.failed > 0) Deno.exitCode = 1;
