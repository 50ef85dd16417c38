/** An empty place for an executable: nothing but a copy of it, an empty HOME, an empty current folder. */
import { join } from "node:path";

/** No start may take longer, on the slowest machine. */
const PATIENCE_MS = 60_000;

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
  ms: number;
}

export class SmokeBed implements Disposable {
  readonly folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep-smoke-" }));
  /** The base folder: what stands beside the executable. */
  readonly base = join(this.folder, "base");
  readonly home = join(this.folder, "home");
  readonly tmp = join(this.folder, "tmp");
  readonly current = join(this.folder, "current");
  readonly executable = join(this.base, "pipekeep");

  constructor(executable: string) {
    for (const folder of [this.base, this.home, this.tmp, this.current]) Deno.mkdirSync(folder);
    Deno.copyFileSync(executable, this.executable);
  }

  spawn(args: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
    return new Deno.Command(this.executable, {
      args: [...args],
      cwd: this.current,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH")!, HOME: this.home, TMPDIR: this.tmp, NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs to the end. */
  async run(args: readonly string[], env?: Record<string, string>): Promise<Finished> {
    const begun = performance.now();
    const { code, stdout, stderr } = await this.spawn(args, env).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: decode(stdout), stderr: decode(stderr), ms: performance.now() - begun };
  }

  /** Starts the server on a free port and waits for the line that says it listens. */
  async serve(args: readonly string[] = [], env?: Record<string, string>): Promise<Server> {
    const begun = performance.now();
    const child = this.spawn([...args, "--port", "0"], env);
    const errors = new Response(child.stderr).text();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    let said = "";
    let url: string | undefined;
    while (url === undefined) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`it does not listen: ${said}${await errors}`);
      said += value;
      url = /^pipekeep listening on (http:\/\/\S+)\n/m.exec(said)?.[1];
    }
    clearTimeout(late);
    return new Server(child, url, performance.now() - begun, reader);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

export class Server implements AsyncDisposable {
  #child: Deno.ChildProcess;
  #stdout: ReadableStreamDefaultReader<string>;

  constructor(
    child: Deno.ChildProcess,
    readonly url: string,
    readonly readyMs: number,
    stdout: ReadableStreamDefaultReader<string>,
  ) {
    this.#child = child;
    this.#stdout = stdout;
  }

  /** Resident memory in megabytes; undefined where /proc does not say. */
  get residentMb(): number | undefined {
    try {
      const status = Deno.readTextFileSync(`/proc/${this.#child.pid}/status`);
      return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) / 1024;
    } catch {
      return undefined;
    }
  }

  /** Sends JSON and reads JSON. */
  // deno-lint-ignore no-explicit-any
  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
    const response = await fetch(this.url + path, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  /** Sends SIGTERM and returns the exit code. */
  async stop(): Promise<number> {
    this.#child.kill("SIGTERM");
    const { code } = await this.#child.status;
    await this.#stdout.cancel();
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#stdout.cancel();
  }
}
