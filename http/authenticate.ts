/** Who asks, and whether they may (api.md 4). */
import { mayAct } from "../domain/roles.ts";
import type { ApiKeys } from "../services/access/api_keys.ts";
import { PipekeepError } from "../domain/errors.ts";
import type { Access } from "./endpoint.ts";

export interface AuthConfig {
  /** Nobody needs a key as long as none was ever made: on loopback, or by --insecure. */
  open_without_keys: boolean;
}

/** Wrong keys from one address before it has to wait, and how fast that heals. */
const FAILURES = 60;
const FAILURES_HEALED_PER_SECOND = 1;
/** Addresses that are remembered; when there are more, the oldest start afresh. */
const ADDRESSES = 10_000;

export class Auth {
  readonly #failures: Failures;

  constructor(
    private readonly keys: ApiKeys,
    private readonly config: AuthConfig,
    clock: () => number,
  ) {
    this.#failures = new Failures(clock);
  }

  /**
   * The name that the operation log shows: the key's, or the address where no key is wanted.
   *
   * @param always a key is wanted even where strangers are let in
   * @throws {PipekeepError} unauthorized, role_too_low, too_many_failures
   */
  async admit(headers: Headers, address: string, access: Access, always: boolean): Promise<string> {
    if (access === "open") return address;
    const given = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (given === undefined) {
      if (!always && this.config.open_without_keys && !await this.keys.wereMade()) return address;
      throw new PipekeepError("unauthorized", "a valid API key is wanted: Authorization: Bearer <key>");
    }
    const key = await this.keys.find(given);
    if (key === undefined) {
      if (!always && this.config.open_without_keys && !await this.keys.wereMade()) return address;
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

/** A leaky bucket of failures per address. A valid key is never held up by it. */
class Failures {
  #levels = new Map<string, { level: number; at: number }>();

  constructor(private readonly clock: () => number) {}

  /** @throws {PipekeepError} too_many_failures, instead of counting */
  count(address: string): void {
    const now = this.clock();
    const last = this.#levels.get(address);
    const healed = last === undefined ? 0 : Math.max(0, now - last.at) / 1000 * FAILURES_HEALED_PER_SECOND;
    const level = Math.max(0, (last?.level ?? 0) - healed);
    if (level + 1 > FAILURES) {
      const retry_after = Math.max(1, Math.ceil((level + 1 - FAILURES) / FAILURES_HEALED_PER_SECOND));
      throw new PipekeepError("too_many_failures", `too many wrong API keys; try again in ${retry_after} s`, {
        retry_after,
      });
    }
    this.#levels.delete(address);
    this.#levels.set(address, { level: level + 1, at: now });
    if (this.#levels.size > ADDRESSES) {
      const [oldest] = this.#levels.keys();
      if (oldest !== undefined) this.#levels.delete(oldest);
    }
  }
}
