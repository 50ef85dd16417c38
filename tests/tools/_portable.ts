/** A portable executable whose runtime is a few lines of `sh`: the head is real, and a start takes milliseconds. */
import { join } from "node:path";
import { packPortable, platformOf } from "../../tools/portable.ts";

/** Says what it was started with, one thing a line. */
const RUNTIME = `#!/bin/sh
echo "runtime=$0"
echo "executable=$PIPEKEEP_EXECUTABLE"
echo "deno_dir=$DENO_DIR"
echo "update_check=$DENO_NO_UPDATE_CHECK"
echo "umask=$(umask)"
echo "pid=$$"
for word; do echo "word=$word"; done
while [ "\${1#-}" != "$1" ] || [ "$1" = run ]; do shift; done
[ "\${2-}" = fail ] && exit 7
[ "\${2-}" = wait ] && exec cat
exit 0
`;

export const FLAGS = ["--no-prompt", "--allow-env=PIPEKEEP_*"];

export interface Started {
  code: number;
  stderr: string;
  /** What the runtime says, by name; `word` in order. */
  said: Record<string, string>;
  words: string[];
  pid: number;
}

/** A temporary folder with an executable in `app/pipekeep` and an empty `home/`. */
export class PortableBed implements Disposable {
  readonly folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep portable 测试 " }));
  readonly executable = join(this.folder, "app/pipekeep");
  readonly home = join(this.folder, "home");
  readonly tmp = join(this.folder, "tmp");
  /** Where the first start puts everything when nothing is in the way. */
  readonly cache = join(this.home, ".cache/pipekeep");
  readonly contents: string;

  constructor() {
    for (const name of ["app", "home", "tmp"]) Deno.mkdirSync(join(this.folder, name));
    const encode = (text: string) => new TextEncoder().encode(text);
    const { contents, bytes } = packPortable({
      platform: platformOf(Deno.build),
      flags: FLAGS,
      files: [
        { name: "deno", mode: 0o755, bytes: encode(RUNTIME) },
        { name: "main.js", mode: 0o644, bytes: encode("// main\n") },
        { name: "tree_worker.js", mode: 0o644, bytes: encode("// worker\n") },
      ],
    });
    this.contents = contents;
    Deno.writeFileSync(this.executable, bytes, { mode: 0o755 });
  }

  /** Entries below the cache folder, sorted; undefined when there is none. */
  cached(cache = this.cache): string[] | undefined {
    try {
      return [...Deno.readDirSync(cache)].map((entry) => entry.name).sort();
    } catch {
      return undefined;
    }
  }

  async start(args: string[] = [], options: StartOptions = {}): Promise<Started> {
    const child = this.spawn(args, options);
    const pid = child.pid;
    const { code, stdout, stderr } = await child.output();
    const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes("="));
    const pairs = lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
    const words = pairs.filter(([name]) => name === "word").map(([, word]) => word!);
    return { code, stderr: new TextDecoder().decode(stderr), said: Object.fromEntries(pairs), words, pid };
  }

  spawn(args: string[], { command = this.executable, cwd = this.folder, env = {} }: StartOptions = {}) {
    return new Deno.Command(command, {
      args,
      cwd,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH")!, HOME: this.home, TMPDIR: this.tmp, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

export interface StartOptions {
  command?: string;
  cwd?: string;
  env?: Record<string, string>;
}
