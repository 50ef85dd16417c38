/** Failures per address, in leaky buckets: who fails too often has to wait. Success is never held up by it. */
import { PipekeepError } from "../domain/errors.ts";

export interface RateLimitDependencies {
  clock: () => number;
}

export interface RateLimitOptions {
  /**
   * Failures from one address before it has to wait.
   * @default 60
   */
  failures?: number;
  /**
   * How many of them a second forgives.
   * @default 1
   */
  healed_per_second?: number;
  /**
   * Addresses that are remembered; when there are more, those that failed longest ago start afresh.
   * @default 10000
   */
  addresses?: number;
}

export class RateLimit {
  readonly #deps: RateLimitDependencies;
  readonly #options: Required<RateLimitOptions>;
  readonly #levels = new Map<string, { level: number; at: number }>();

  constructor(dependencies: RateLimitDependencies, options: RateLimitOptions = {}) {
    this.#deps = dependencies;
    this.#options = { failures: 60, healed_per_second: 1, addresses: 10_000, ...options };
  }

  /**
   * Counts a failure of this address.
   *
   * @throws {PipekeepError} too_many_failures, instead of counting; `retry_after` in seconds
   */
  count(address: string): void {
    const { failures, healed_per_second, addresses } = this.#options;
    const now = this.#deps.clock();
    const last = this.#levels.get(address);
    // A clock that was set back heals nothing.
    const healed = last === undefined ? 0 : Math.max(0, now - last.at) / 1000 * healed_per_second;
    const level = Math.max(0, (last?.level ?? 0) - healed);
    if (level + 1 > failures) {
      const retry_after = Math.max(1, Math.ceil((level + 1 - failures) / healed_per_second));
      throw new PipekeepError("too_many_failures", `too many wrong API keys; try again in ${retry_after} s`, {
        retry_after,
      });
    }
    this.#levels.delete(address);
    this.#levels.set(address, { level: level + 1, at: now });
    if (this.#levels.size > addresses) {
      const [oldest] = this.#levels.keys();
      if (oldest !== undefined) this.#levels.delete(oldest);
    }
  }
}
