/** What `pipekeep serve` runs: the server, from its start to the signal that ends it. */
import metadata from "../deno.json" with { type: "json" };
import { getLogger } from "@logtape/logtape";
import { isLoopback } from "../http/host_and_origin.ts";
import { Listener } from "../http/listener.ts";
import { createHandler } from "../http/server.ts";
import { manifest } from "../routes/_manifest.ts";
import { type App, type AppSeams, createApp } from "../services/app.ts";
import { PipekeepError } from "../domain/errors.ts";
import type { ServeConfig } from "./config.ts";
import { CommandError } from "./errors.ts";
import { configureLogging } from "./logging.ts";

const log = getLogger(["pipekeep", "serve"]);

/** How long a stop waits for the requests under way; with the rest of it, ten seconds. */
const GRACE_MS = 9_500;

/** Runs until SIGTERM or SIGINT; the returned exit code is 0 then. What it throws is in the debug log. */
export async function serve(config: ServeConfig, seams: AppSeams = {}): Promise<number> {
  configureLogging(config.log_level, config.log_format);
  try {
    return await run(config, seams);
  } catch (error) {
    log.debug("{error}", { error });
    throw error;
  }
}

async function run(config: ServeConfig, seams: AppSeams): Promise<number> {
  const app = await open(config, seams);
  let server: Listener;
  try {
    await assertExposure(config, app);
    server = listen(app, config);
  } catch (error) {
    await app.stop();
    throw error;
  }
  app.start();
  giveLibcBack(app).catch((error) => log.error("the permission for libc is kept: {error}", { error }));
  // Before the line that says it listens: who read it may send the signal at once.
  const stopped = stopSignal();
  const { hostname, port } = server.addr;
  console.log(`pipekeep listening on http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`);
  await stopped;
  log.info("stopping");
  // Streams of events would not end by themselves.
  app.taskEvents.end();
  await Promise.race([server.shutdown(), timeout(GRACE_MS)]);
  await app.stop();
  return 0;
}

/** What nobody foresaw says at least on which files it happened. */
async function open(config: ServeConfig, seams: AppSeams): Promise<App> {
  try {
    return await createApp(config.app, seams);
  } catch (error) {
    if (error instanceof PipekeepError) throw error;
    const { database, training_data } = config.app;
    const { message } = error as Error;
    throw new CommandError(
      `cannot start on database ${database} and training_data ${training_data}: ${message}`,
      { cause: error },
    );
  }
}

/** An address that others can reach wants keys; without one, somebody has to say that it is meant. */
async function assertExposure(config: ServeConfig, app: App): Promise<void> {
  if (isLoopback(config.host) || await app.keys.wereMade()) return;
  if (!config.insecure) {
    throw new CommandError(
      `--host ${config.host} can be reached by others, and no API key is made: make one with ` +
        "`pipekeep keys create --name NAME --role admin`, or pass --insecure to go without",
    );
  }
  log.warn("--insecure: everybody who can reach {host} can delete data here", { host: config.host });
}

function listen(app: App, config: ServeConfig): Listener {
  const { host: hostname, port, allowed_hosts } = config;
  const open_without_keys = isLoopback(hostname) || config.insecure;
  const handler = createHandler(app, manifest, {
    host: hostname,
    allowed_hosts,
    open_without_keys,
    version: metadata.version,
  });
  try {
    return new Listener({ address: { hostname, port }, handler });
  } catch (error) {
    const taken = error instanceof Deno.errors.AddrInUse;
    const why = taken ? "the port is taken" : (error as Error).message;
    throw new CommandError(`cannot listen on ${hostname}:${port}: ${why}`, { cause: error });
  }
}

/**
 * Nobody needs the permission once the Workers have opened libc. The whole process gives it back at once: it is
 * one for all its threads.
 */
async function giveLibcBack(app: App): Promise<void> {
  const form = await app.walkForm();
  await Deno.permissions.revoke({ name: "ffi" });
  log.debug("directories are walked by {form}, and no library can be opened any more", { form });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      // A second signal ends the program at once, as the system would.
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
      resolve();
    };
    for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  });
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms) as unknown as number));
}
