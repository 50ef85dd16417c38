/** Listens for requests, and goes on doing so when the machine runs out of file descriptors. */
import { getLogger } from "@logtape/logtape";

const log = getLogger(["pipekeep", "http"]);

/** Between two attempts to listen again. */
const PAUSE_MS = 50;
/** Somebody who opens connections without end would fill the log. */
const WARN_EVERY_MS = 60_000;

/** An address to listen on; port 0 means any that is free. */
export interface ListenAddress {
  hostname: string;
  port: number;
}

export interface ListenerDependencies {
  address: ListenAddress;
  handler: Deno.ServeHandler<Deno.NetAddr>;
}

/**
 * A server that outlives what `Deno.serve` does not: when a connection cannot be accepted, as with no descriptor left,
 * that ends with an error. Then its connections that have no request under way are closed, those with a half-sent head
 * among them, the requests under way are answered, and it listens again on the same port.
 *
 * Limits: `Deno.serve` neither tells how many connections are open nor gives heads or idle connections a time, so that
 * they are closed only then, or at the end.
 */
export class Listener {
  readonly #deps: ListenerDependencies;
  readonly addr: Deno.NetAddr;
  #server: Deno.HttpServer<Deno.NetAddr>;
  /** Servers that listen no more, and answer what was under way. */
  #ending = new Set<Promise<void>>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  #warnedAt = -Infinity;

  /** @throws when the address cannot be listened on, as `Deno.serve` does */
  constructor(dependencies: ListenerDependencies) {
    this.#deps = dependencies;
    this.#server = this.#listen(dependencies.address.port);
    this.addr = this.#server.addr;
  }

  /** Takes no more connections, and waits for the requests under way. */
  async shutdown(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#pause);
    await Promise.all([this.#end(this.#server), ...this.#ending]);
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    const { address: { hostname }, handler } = this.#deps;
    const server = Deno.serve(
      { hostname, port, automaticCompression: true, onListen: () => {} },
      handler,
    );
    server.finished.catch((error) => this.#recover(server, error));
    return server;
  }

  #recover(server: Deno.HttpServer<Deno.NetAddr>, error: unknown): void {
    if (this.#isStopped) return;
    this.#warn(error);
    const ended = this.#end(server).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    this.#listenAgain();
  }

  #listenAgain(): void {
    this.#pause = setTimeout(() => {
      try {
        this.#server = this.#listen(this.addr.port);
      } catch (error) {
        this.#warn(error);
        this.#listenAgain();
      }
    }, PAUSE_MS);
  }

  async #end(server: Deno.HttpServer<Deno.NetAddr>): Promise<void> {
    try {
      await server.shutdown();
    } catch (error) {
      log.debug("a server ended with {error}", { error });
    }
  }

  #warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    log.warn(
      "connections could not be accepted ({error}): idle ones were closed; is the limit of open files too low?",
      { error: error instanceof Error ? error.message : String(error) },
    );
  }
}
