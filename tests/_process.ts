/** Starts Pipekeep as a process of its own, for what only a process can show: signals, crashes, exit codes. */
import assert from "node:assert/strict";
import { PERMISSIONS } from "../tools/compile.ts";

const ROOT = new URL("..", import.meta.url).pathname;

export interface Running extends AsyncDisposable {
  url: string;
  pid: number;
  /** Resolves when the process has ended. */
  status: Promise<Deno.CommandStatus>;
  kill(signal: Deno.Signal): void;
  stderr(): Promise<string>;
}

export interface ProcessOptions {
  args: string[];
  cwd: string;
  /** A file of tests/ to run in place of main.ts, and its own leading words. */
  entry?: { file: string; args: string[]; permissions: string[] };
  /** False: libc is not to be had, and the walk by the runtime's calls is used. */
  allows_ffi?: boolean;
  env?: Record<string, string>;
  /** Words before the command, such as `setpriv …`: a program that executes the rest. */
  wrap?: string[];
}

function command({ args, cwd, entry, env, allows_ffi = true, wrap = [] }: ProcessOptions): Deno.Command {
  const script = entry ? [`${ROOT}tests/${entry.file}`, ...entry.args] : [`${ROOT}main.ts`];
  const permissions = PERMISSIONS.filter((flag) => allows_ffi || !flag.startsWith("--allow-ffi"));
  const runtime = [Deno.execPath(), "run", ...permissions, ...entry?.permissions ?? []];
  const [program, ...words] = [...wrap, ...runtime, ...script, ...args];
  return new Deno.Command(program!, {
    args: words,
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
    stdin: "null",
  });
}

/** Starts `pipekeep serve` on a free port and waits until it listens. */
export async function startProcess(options: ProcessOptions): Promise<Running> {
  const child = command({ ...options, args: ["--port", "0", ...options.args] }).spawn();
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  while (!out.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    out += value;
  }
  const url = /^pipekeep listening on (http:\/\/\S+)$/m.exec(out)?.[1];
  assert.ok(url, `it does not listen: ${out}${url ? "" : await errors}`);
  await reader.cancel();
  return {
    url,
    pid: child.pid,
    status: child.status,
    kill: (signal) => child.kill(signal),
    stderr: () => errors,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended already */ }
      await child.status;
      await errors;
    },
  };
}

/** Runs a command to its end. */
export async function runProcess(options: ProcessOptions) {
  const { code, stdout, stderr } = await command(options).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
