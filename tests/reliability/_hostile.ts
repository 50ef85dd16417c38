/** Deletes trees that only bytes can name, and looks at them with `find`, which can. */
import assert from "node:assert/strict";
import { type Answer, call, V0 } from "../_harness.ts";
import type { Workspace } from "./_workspace.ts";

const MAKE = new URL("./hostile_tree.py", import.meta.url).pathname;

export interface HostileTree {
  files: number;
  bytes: number;
  /** Of everything in it: kinds, sizes, names. */
  digest: string;
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Makes the tree as a task's directory. */
export async function makeHostileTree(workspace: Workspace, taskId: string, kind: string, size: number) {
  await run("python3", [MAKE, kind, `${workspace.trainingData}/${taskId}`, String(size)]);
  return await lookAtTree(`${workspace.trainingData}/${taskId}`);
}

/** What stands below `path`; nothing: zeros. */
export async function lookAtTree(path: string): Promise<HostileTree> {
  const script =
    'cd "$1" && find . ! -type d -printf "%s\\n" | awk \'{ n++; s += $1 } END { printf "%d %.0f ", n, s }\'' +
    ' && find . -mindepth 1 -printf "%y %P\\0" | LC_ALL=C sort -z | sha256sum';
  const [files, bytes, digest] = (await run("sh", ["-c", script, "sh", path])).split(/\s+/);
  return { files: Number(files), bytes: Number(bytes), digest: digest! };
}

/** Removes what is left, whatever its names, modes and depth. */
export async function removeHostileTrees(workspace: Workspace): Promise<void> {
  await run("rm", ["-rf", workspace.trainingData]);
}

export function deleteTask(
  url: string,
  taskId: string,
  options: Record<string, unknown> = {},
): Promise<Answer> {
  return call(url, "DELETE", `${V0}/tasks/${taskId}`, { confirm: true, force: true, ...options });
}

/** Memory of a process in bytes: now, and at most so far. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const of = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)![1]);
  return { now: of("VmRSS"), peak: of("VmHWM") };
}
