/** The source documents' lines (`documents/`), and a server to run them against. */
import assert from "node:assert/strict";
import { boot, type Harness, V0 } from "../_harness.ts";
import { standingClock } from "./scenarios.ts";

const SUPPORT = new URL("./", import.meta.url);
const MB = 1024 * 1024;
/** Task id → files and bytes, of the tasks that the documents name. */
export const DOCUMENTED: Record<string, [files: number, bytes: number]> = {
  task_20250702_223802: [15, 2.5 * MB],
  task_20250702_223751: [3, 812],
  task_20250702_223705: [1, 1024],
  task_20250702_173932: [15, 2.5 * MB],
  task_20250702_174521: [8, 1_258_291],
  task_20250702_test1: [2, 10],
  task_20250702_test2: [2, 10],
  task_20250702_failed: [4, 400],
};

/** A server with the documents' tasks, made one after the other on 2025-07-02; it is 22:57:21 there. */
export async function bootAsDocumented(): Promise<Harness> {
  const clock = standingClock();
  const now = clock.now;
  const harness = await boot({ seams: { clock: clock.read } });
  for (const [i, [task_id, [files, bytes]]] of Object.entries(DOCUMENTED).entries()) {
    clock.now = now - (i + 1) * 60_000;
    await harness.call("POST", `${V0}/tasks`, { task_id });
    await harness.call("PATCH", `${V0}/tasks/${task_id}`, {
      status: task_id.endsWith("failed") ? "failed" : "completed",
    });
    for (let n = 0; n < files; n++) {
      using file = Deno.createSync(`${harness.trainingData}/${task_id}/${n}.md`);
      file.truncateSync(n === 0 ? bytes - (files - 1) : 1);
    }
  }
  clock.now = now;
  return harness;
}

function can(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

export const noCurl = !can("curl", "--version") || !can("bash", "--version");
export const noPython = !can("python3", "--version");

function printed(name: string, harness: Harness): string {
  const text = Deno.readTextFileSync(new URL(`documents/${name}`, SUPPORT));
  return text.replaceAll("localhost:8084", new URL(harness.url).host);
}

async function run(command: string, args: string[]): Promise<string> {
  const env = {
    no_proxy: "127.0.0.1",
    NO_PROXY: "127.0.0.1",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONIOENCODING: "utf-8",
  };
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** @returns what the printed line answers */
export async function curl(name: string, harness: Harness) {
  return JSON.parse(await run("bash", ["-c", printed(name, harness)]));
}

/** Runs the printed snippet and then `more`, which prints JSON on the last line. Python's own `requests` goes first. */
export async function python(name: string, harness: Harness, more: string, standIn = false) {
  const path = JSON.stringify(SUPPORT.pathname);
  const prelude = `import sys\nsys.path.${standIn ? `insert(0, ${path})` : `append(${path})`}\n`;
  const script = `${prelude}${printed(name, harness)}\nimport json\nprint()\n${more}\n`;
  const output = await run("python3", ["-c", script]);
  return { output, last: JSON.parse(output.trim().split("\n").at(-1)!) };
}
