/**
 * One runner's hold on one job: extended while it works, and asked before each directory. Whoever lost it, because
 * another claimed the job or somebody cancelled it, in this process or another, writes nothing any more.
 *
 * One's own lease goes by the monotonic clock, so that a clock that is set cannot lengthen it; others go by what the
 * row says.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database, Executor } from "../../db/database.ts";
import { type HeldChanges, isHeld, type JobClaim, updateHeldJob } from "../../db/queries/job_leases.ts";
import { Repeater } from "../repeater.ts";

const log = getLogger(["pipekeep", "runner"]);

/** How long others leave a job alone whose runner is not heard of. */
export const LEASE_MS = 30_000;

export interface JobLeaseDependencies {
  database: Database;
  claim: JobClaim;
  /** `performance.now()` from before the claim. */
  claimedAt: number;
  clock: () => number;
}

export class JobLease {
  readonly #deps: JobLeaseDependencies;
  readonly #over = new AbortController();
  readonly #repeater: Repeater;
  #extended_at: number;

  constructor(dependencies: JobLeaseDependencies) {
    this.#deps = dependencies;
    this.#extended_at = dependencies.claimedAt;
    this.#repeater = new Repeater({
      interval_ms: LEASE_MS / 3,
      run: () => this.#extend(),
      onError: (error) => {
        log.warn("the lease of job {job_id} was not extended: {error}", { ...dependencies.claim, error });
      },
    });
  }

  /** Aborted as soon as it is known that the job must not go on. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  start(): void {
    this.#repeater.start();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** The job must not go on. */
  revoke(): void {
    this.#over.abort();
  }

  /** Whether the job may go on, as of the transaction `db`. */
  async holds(db: Executor): Promise<boolean> {
    const ranOut = performance.now() - this.#extended_at >= LEASE_MS;
    if (ranOut || !await isHeld(db, this.#deps.claim)) this.revoke();
    return !this.signal.aborted;
  }

  /** Writes down how far the job got; for one that was cancelled meanwhile, too. */
  async save(progress: HeldChanges): Promise<void> {
    const changes = { ...progress, updated_at: this.#deps.clock() };
    if (
      !await updateHeldJob(this.#deps.database.kysely, this.#deps.claim, ["running", "cancelled"], changes)
    ) {
      this.revoke();
    }
  }

  /** Returns whether the job was ended, which only its holder can. */
  end(status: "completed" | "failed", errors: string | null): Promise<boolean> {
    const changes = { status, errors, updated_at: this.#deps.clock(), lease_expires_at: null };
    return updateHeldJob(this.#deps.database.kysely, this.#deps.claim, ["running"], changes);
  }

  async #extend(): Promise<void> {
    const extendedAt = performance.now();
    const lease_expires_at = this.#deps.clock() + LEASE_MS;
    if (
      await updateHeldJob(this.#deps.database.kysely, this.#deps.claim, ["running"], { lease_expires_at })
    ) {
      this.#extended_at = extendedAt;
    } else {
      this.revoke();
    }
  }
}
