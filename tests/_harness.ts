/** Boots the real thing in a temporary folder: real files, a real database, a real server on a free port. */
import assert from "node:assert/strict";
import { createHandler } from "../http/server.ts";
import { manifest } from "../routes/_manifest.ts";
import { assertDeclared } from "./_support/declared.ts";
import { Violations, watchHandler } from "./_support/watched_handler.ts";
import { type App, type AppConfig, type AppSeams, createApp } from "../services/app.ts";

export const V0 = "/api/v0/data_pipeline";

export interface Answer {
  status: number;
  headers: Headers;
  // deno-lint-ignore no-explicit-any
  body: any;
}

export interface Harness extends AsyncDisposable {
  /** The temporary folder; `training_data/` and `pipekeep.db` are in it. */
  folder: string;
  trainingData: string;
  app: App;
  url: string;
  /** Sends JSON (or a raw string) and reads JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Makes files (name → text) in a task's directory, which it makes too. */
  fill(taskId: string, files: Record<string, string>): void;
  /** Everything a refusal must not change: rows, files, log entries. */
  snapshot(): Promise<unknown>;
  /** Stops and starts again on the same folder. */
  restart(config?: Partial<AppConfig>): Promise<void>;
}

export interface BootOptions {
  config?: Partial<AppConfig>;
  seams?: AppSeams;
  /** False: as on an address that others can reach. */
  open_without_keys?: boolean;
  /** How long a body may take to arrive. */
  body_time_ms?: number;
  /** Runs before the first start. */
  prepare?: (trainingData: string) => void;
}

/**
 * Starts a server; `await using` ends it and removes its folder, and fails when any of its answers was none that its
 * operation declares: status, error code, headers, each field, each event.
 */
export async function boot(options: BootOptions = {}): Promise<Harness> {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  const trainingData = `${folder}/training_data`;
  if (options.prepare) {
    Deno.mkdirSync(trainingData);
    options.prepare(trainingData);
  }
  const violations = new Violations();
  let running = await start(folder, options, violations);
  const harness: Harness = {
    folder,
    trainingData,
    get app() {
      return running.app;
    },
    get url() {
      return running.url;
    },
    async call(method, path, body, headers) {
      const answer = await send(running.url, method, path, body, headers);
      violations.check();
      return answer;
    },
    fill(taskId, files) {
      for (const [name, text] of Object.entries({ ...files })) {
        const path = `${trainingData}/${taskId}/${name}`;
        Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
        Deno.writeTextFileSync(path, text);
      }
    },
    snapshot: async () => ({
      files: listTree(trainingData),
      tasks: (await call(running.url, "GET", `${V0}/tasks?limit=1000`)).body,
      deletions: (await call(running.url, "GET", `${V0}/deletions?limit=1000`)).body,
    }),
    async restart(config) {
      await running.stop();
      running = await start(folder, { ...options, config: { ...options.config, ...config } }, violations);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      Deno.removeSync(folder, { recursive: true });
      violations.check();
    },
  };
  return harness;
}

async function start(
  folder: string,
  { config, seams, open_without_keys = true, body_time_ms }: BootOptions,
  violations: Violations,
) {
  const app = await createApp({
    training_data: `${folder}/training_data`,
    database: `${folder}/pipekeep.db`,
    trash_retention_ms: 0,
    delete_concurrency: 2,
    ...config,
    // What a test puts into training_data is its own until it says otherwise: nothing is adopted behind its back.
  }, { reconciler: { settle_ms: 3_600_000 }, ...seams });
  const exposure = { host: "127.0.0.1", allowed_hosts: [], open_without_keys };
  const handler = watchHandler(
    (onAnswered) =>
      createHandler(app, manifest, { ...exposure, body_time_ms, version: "0.0.0-test", onAnswered }),
    violations,
  );
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  app.start();
  return {
    app,
    url: `http://127.0.0.1:${server.addr.port}`,
    async stop() {
      app.taskEvents.end();
      await server.shutdown();
      await app.stop();
    },
  };
}

/** One request to a server of another process: its answer is looked at here. An empty one is `undefined`. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  const answer = await send(url, method, path, body, headers);
  const { status, text } = answer;
  assertDeclared({
    method,
    url: new URL(path, url),
    status,
    headers: answer.headers,
    text,
    error_code: "unknown",
  });
  return answer;
}

async function send(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer & { text: string }> {
  const response = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const { status } = response;
  return { status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text), text };
}

/** Every entry below `root` with its size, sorted; links with their target. */
export function listTree(root: string, below = ""): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(`${root}/${below}`)) {
    const name = below + entry.name;
    if (name.startsWith(".pipekeep-trash/.volume-")) continue;
    if (entry.isSymlink) found.push(`${name} -> ${Deno.readLinkSync(`${root}/${name}`)}`);
    else if (entry.isDirectory) found.push(`${name}/`, ...listTree(root, `${name}/`));
    else found.push(`${name} ${Deno.lstatSync(`${root}/${name}`).size}`);
  }
  return found.sort();
}

/** Whether anything stands at `path`. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Waits until `condition` holds, at most ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!await condition()) {
    assert.ok(Date.now() < deadline, `did not happen in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
