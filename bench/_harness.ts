/** What every bench has in common: options, a folder on a real disk, servers as processes of their own. */
import { parseArgs } from "node:util";

const ROOT = new URL("..", import.meta.url).pathname;
const READY = /listening on (http:\/\/\S+)/;
/** The first start with a million records gives each of them its volume. */
const READY_WITHIN_MS = 180_000;
const STOPPED_WITHIN_MS = 20_000;

export const TASKS = "/api/v0/data_pipeline/tasks";
export const LIST = `${TASKS}?limit=50`;

/** Every bench takes these. */
export interface BenchOptions {
  rounds: number;
  /** Measure this executable instead of the sources. */
  executable?: string;
  /** Where the temporary folder is made. */
  folder: string;
  python: string;
  /** Append the figures to bench/history.jsonl. */
  record: boolean;
}

/** Flags beside the common ones: a text with its default, or a switch. */
export type OwnFlags = Record<string, string | false>;

/** Reads the command line; `--help` and mistakes end the program. */
export function benchOptions(rounds: number, own: OwnFlags = {}): BenchOptions & Record<string, unknown> {
  const common: OwnFlags = {
    rounds: String(rounds),
    executable: "",
    folder: `${ROOT}dist`,
    python: "/usr/bin/python3",
    record: false,
  };
  const flags = Object.entries({ ...common, ...own });
  const options = Object.fromEntries(flags.map(([name, fallback]) => [
    name,
    fallback === false
      ? { type: "boolean" as const, default: false }
      : { type: "string" as const, default: fallback },
  ]));
  try {
    const { values } = parseArgs({ args: Deno.args, options, strict: true });
    const read = Number(values.rounds);
    if (!Number.isInteger(read) || read < 1) throw new Error("--rounds must be an integer from 1 on");
    return {
      ...values,
      rounds: read,
      executable: values.executable ? Deno.realPathSync(String(values.executable)) : undefined,
      folder: String(values.folder),
      python: String(values.python),
      record: values.record === true,
    };
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    console.error(`flags: ${flags.map(([name]) => `--${name}`).join(" ")}`);
    Deno.exit(2);
  }
}

/** A temporary folder; removed on disposal. */
export interface Scratch extends AsyncDisposable {
  path: string;
  /** Of the disk beneath it. */
  fileSystem: string;
}

/** @throws {Error} when it would lie in memory: deleting there says nothing about a disk */
export async function makeScratch(parent: string): Promise<Scratch> {
  Deno.mkdirSync(parent, { recursive: true });
  const fileSystem = (await output("df", ["--output=fstype", parent])).trim().split("\n").at(-1)!;
  if (["tmpfs", "ramfs"].includes(fileSystem)) {
    throw new Error(`${parent} is a ${fileSystem}; name a folder on a disk with --folder`);
  }
  const path = Deno.makeTempDirSync({ dir: parent, prefix: "bench_" });
  return {
    path,
    fileSystem,
    [Symbol.asyncDispose]: async () => void await output("rm", ["-rf", path]),
  };
}

/** Runs a command to its end and returns its standard output. */
export async function output(command: string, args: string[], input = ""): Promise<string> {
  const child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "inherit" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return new TextDecoder().decode(stdout);
}

export interface Server extends AsyncDisposable {
  url: string;
  pid: number;
  /** From the spawn to the line that says it listens. */
  ready_ms: number;
  /** SIGTERM, and waits for the end. Idempotent. */
  stop(): Promise<void>;
}

/** How the program of the checkout `root` is started, without `serve`'s flags: the words of its `start` task. */
export function programCommand(executable?: string, root = ROOT): string[] {
  if (executable !== undefined) return [executable];
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${root}deno.json`));
  const start = tasks.start.command.split("&&").at(-1).trim().split(/\s+/) as string[];
  return start.map((word) =>
    word === "deno" ? Deno.execPath() : word === "main.ts" ? `${root}main.ts` : word
  );
}

export interface StartOptions {
  executable?: string;
  /** Of another checkout, with a slash at its end. */
  root?: string;
  /** Holds `training_data/`, `pipekeep.db` and the log. */
  folder: string;
  flags?: string[];
}

/** Starts Pipekeep on a free port; the log goes to a file, at the level it has by default. */
export function startPipekeep({ executable, root, folder, flags = [] }: StartOptions): Promise<Server> {
  const command = [...programCommand(executable, root), "serve", "--host", "127.0.0.1", "--port", "0"];
  const places = ["--training-data", `${folder}/training_data`, "--database", `${folder}/pipekeep.db`];
  return startServer([...command, ...places, ...flags], `${folder}/server.log`);
}

/** Starts a server that prints `listening on http://…`; its standard error goes to the file `log`. */
export async function startServer(command: readonly string[], log: string): Promise<Server> {
  const started = performance.now();
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", 'exec "$@" 2>>"$0"', log, ...command],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let ended = false;
  const status = child.status.finally(() => ended = true);
  const stop = async () => {
    if (!ended) child.kill("SIGTERM");
    const timer = setTimeout(() => ended || child.kill("SIGKILL"), STOPPED_WITHIN_MS);
    await status;
    clearTimeout(timer);
  };
  const timer = setTimeout(() => void stop(), READY_WITHIN_MS);
  const url = await readUrl(child.stdout);
  const ready_ms = performance.now() - started;
  clearTimeout(timer);
  if (url === undefined) {
    await stop();
    throw new Error(`${command.join(" ")} did not start:\n${Deno.readTextFileSync(log).slice(-2000)}`);
  }
  return { url, pid: child.pid, ready_ms, stop, [Symbol.asyncDispose]: stop };
}

async function readUrl(stdout: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const reader = stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (true) {
    const { value, done } = await reader.read();
    text += value ?? "";
    const found = READY.exec(text);
    if (found) return found[1];
    if (done) return undefined;
  }
}

/** Resident memory of a process in MB; `peak`: the most since {@linkcode forgetPeak}. Linux only. */
export function memoryOf(pid: number, what: "now" | "peak" = "now"): number {
  const name = what === "now" ? "VmRSS" : "VmHWM";
  const text = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)![1]) / 1024;
}

export function forgetPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The contenders in another order each round, so that none always follows the same other. */
export function rotated<Item>(items: readonly Item[], round: number): Item[] {
  const turned = items.map((_, i) => items[(i + round) % items.length]!);
  return Math.floor(round / items.length) % 2 === 0 ? turned : turned.reverse();
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
