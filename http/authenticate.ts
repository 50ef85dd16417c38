/** Who asks, and whether they may (api.md 4). */
import { mayAct } from "../domain/roles.ts";
import type { ApiKeys } from "../services/access/api_keys.ts";
import { PipekeepError } from "../domain/errors.ts";
import type { Access } from "./endpoint.ts";
import { RateLimit } from "./rate_limit.ts";

export interface AuthDependencies {
  keys: ApiKeys;
  clock: () => number;
}

export interface AuthConfig {
  /** Nobody needs a key as long as none was ever made: on loopback, or by --insecure. */
  open_without_keys: boolean;
}

/** What an operation wants of its callers. */
export interface Wanted {
  access: Access;
  /** A key is wanted even where strangers are let in. @default false */
  always_keyed?: boolean;
}

/** Tells callers by their keys. Who shows wrong ones too often has to wait, see {@linkcode RateLimit}. */
export class Authenticator {
  readonly #deps: AuthDependencies;
  readonly #config: AuthConfig;
  readonly #failures: RateLimit;

  constructor(dependencies: AuthDependencies, config: AuthConfig) {
    this.#deps = dependencies;
    this.#config = config;
    this.#failures = new RateLimit({ clock: dependencies.clock });
  }

  /**
   * The name that the operation log shows: the key's, or the address where no key is wanted.
   *
   * @throws {PipekeepError} unauthorized, role_too_low, too_many_failures
   */
  async authenticate(
    headers: Headers,
    address: string,
    { access, always_keyed = false }: Wanted,
  ): Promise<string> {
    if (access === "open") return address;
    const given = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (given === undefined) {
      if (!always_keyed && this.#config.open_without_keys && !await this.#deps.keys.wereMade()) {
        return address;
      }
      throw new PipekeepError("unauthorized", "a valid API key is wanted: Authorization: Bearer <key>");
    }
    const key = await this.#deps.keys.find(given);
    if (key === undefined) {
      if (!always_keyed && this.#config.open_without_keys && !await this.#deps.keys.wereMade()) {
        return address;
      }
      this.#failures.count(address);
      throw new PipekeepError("unauthorized", "this API key is not valid");
    }
    if (!mayAct(key.role, access)) {
      throw new PipekeepError(
        "role_too_low",
        `the key ${JSON.stringify(key.name)} has the role ${key.role}, \
but this wants ${access}`,
      );
    }
    return key.name;
  }
}
