/**
 * Runs the jobs that are due, one after the other: first what a crash interrupted, then the longest due.
 *
 * Progress is written down after each directory, so a job resumes where it was; what it freed is read from the
 * operation log, which a crash cannot tear from the deletions themselves. Jobs are claimed with a lease (job_lease.ts),
 * and new ones and cancelled ones are found in the database, whoever wrote them; events of this process only make it
 * sooner. Limitations: a job that was told to stop, stops between two directories; jobs are the database's, so of two servers
 * on one database the first to see a job runs it, on its own training_data.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { sumOfJob } from "../../db/queries/deletions.ts";
import { findNextStart } from "../../db/queries/jobs.ts";
import { expireFormerLeases, holderOf } from "../../db/queries/job_leases.ts";
import type { JobRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import type { Deletion } from "../deletion/deletion.ts";
import type { TaskOutcome } from "../deletion/outcome.ts";
import type { Events } from "../events.ts";
import { JobLease, LEASE_MS } from "./job_lease.ts";
import { claimJob, errorsOf, type JobPlan, planOf } from "./job_plan.ts";

const log = getLogger(["pipekeep", "runner"]);

/** The longest sleep: the clock may be set meanwhile, and leases of others run out. */
const LONGEST_SLEEP_MS = 30_000;
const AFTER_FAILURE_MS = 5_000;
/** How soon a job of another process is seen. */
const POLL_MS = 1_000;

export interface RunnerDependencies {
  database: Database;
  deletion: Deletion;
  events: Events;
  /** Of the training_data whose lock this program holds. */
  volumeId: string;
  clock: () => number;
}

export class Runner {
  readonly #deps: RunnerDependencies;
  #stop = new AbortController();
  #wake: () => void = () => {};
  #loop: Promise<void> | undefined;
  #running: { job_id: number; lease: JobLease } | undefined;
  #hasTakenOver = false;
  readonly #holder: string;

  constructor(dependencies: RunnerDependencies) {
    this.#deps = dependencies;
    const { events, volumeId } = dependencies;
    this.#holder = holderOf(volumeId, crypto.randomUUID());
    events.on("job.scheduled", () => this.#wake());
    events.on("job.cancelled", ({ job_id }) => this.#cancel(job_id));
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Idempotent. A running job stops between two directories and resumes at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#loop;
  }

  /** Runs everything that is due at `now`. Returns how many jobs ended. */
  async runOnce(now: number): Promise<number> {
    let ended = 0;
    while (!this.#stop.signal.aborted) {
      const claimedAt = performance.now();
      const job = await claimJob(this.#deps.database, this.#holder, now, now + LEASE_MS);
      if (job === undefined) break;
      if (await this.#runJob(job, claimedAt)) ended++;
    }
    return ended;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let sleep_ms = LONGEST_SLEEP_MS;
      const woken = new Promise<void>((resolve) => this.#wake = resolve);
      let seen: string | undefined;
      try {
        await this.#takeOver();
        seen = await this.#deps.database.changeToken("jobs");
        await this.runOnce(this.#deps.clock());
        const next = await findNextStart(this.#deps.database.kysely);
        if (next !== undefined) sleep_ms = Math.min(sleep_ms, Math.max(0, next - this.#deps.clock()));
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        log.error("a job could not be run, trying again: {error}", { error });
        sleep_ms = AFTER_FAILURE_MS;
      }
      await this.#sleep(sleep_ms, woken, seen);
    }
  }

  /** One training_data has one server: whoever held a job for it before this start does not live any more. */
  async #takeOver(): Promise<void> {
    if (this.#hasTakenOver) return;
    await expireFormerLeases(this.#deps.database.kysely, this.#deps.volumeId, this.#holder);
    this.#hasTakenOver = true;
  }

  /** Until it is time, somebody of this process wakes, or a job is not as it was when `seen` was read. */
  async #sleep(sleep_ms: number, woken: Promise<void>, seen: string | undefined): Promise<void> {
    const deadline = performance.now() + sleep_ms;
    let isWoken = false;
    void woken.then(() => isWoken = true);
    for (let left = sleep_ms; left > 0; left = deadline - performance.now()) {
      if (this.#stop.signal.aborted) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const slept = new Promise<void>((resolve) => timer = setTimeout(resolve, Math.min(POLL_MS, left)));
      await Promise.race([woken, slept]);
      clearTimeout(timer);
      if (isWoken || this.#stop.signal.aborted) return;
      try {
        if (seen !== undefined && await this.#deps.database.changeToken("jobs") !== seen) return;
      } catch (error) {
        log.warn("could not look for jobs: {error}", { error });
      }
    }
  }

  /** Stops the job if it is the running one. */
  #cancel(jobId: number): void {
    if (this.#running?.job_id === jobId) this.#running.lease.revoke();
  }

  /** Returns whether the job ended (and was not stopped with the program, or cancelled meanwhile). */
  async #runJob(job: JobRow, claimedAt: number): Promise<boolean> {
    const { database, clock } = this.#deps;
    const { job_id, epoch } = job;
    const claim = { job_id, holder: this.#holder, epoch };
    const lease = new JobLease({ database, claim, claimedAt, clock });
    this.#running = { job_id, lease };
    lease.start();
    try {
      const plan = await planOf(database, job);
      const outcomes = await this.#carryOut(job, plan, lease);
      const isStopped = this.#stop.signal.aborted || lease.signal.aborted;
      if (isStopped && isInterrupted(plan, outcomes)) return false;
      const errors = withUnlogged(await errorsOf(database, job_id), outcomes);
      const hasEnded = errors.length === 0
        ? await lease.end("completed", null)
        : await lease.end("failed", errors.join("; "));
      if (hasEnded) log.info("job {job_id} ended, {failed} failed", { job_id, failed: errors.length });
      return hasEnded;
    } finally {
      this.#running = undefined;
      await lease.stop();
    }
  }

  async #carryOut(job: JobRow, plan: JobPlan, lease: JobLease): Promise<TaskOutcome[]> {
    const { job_id, who, request_id } = job;
    const directories_total = plan.attempted + plan.task_ids.length;
    const sums = await sumOfJob(this.#deps.database.kysely, job_id);
    const progress = { directories: plan.attempted, directories_total, ...sums };
    await lease.save(progress);
    const onOutcomes = async (outcomes: readonly TaskOutcome[]) => {
      for (const outcome of outcomes) {
        // One that the end of the lease left out was not handled.
        if (outcome.outcome === "skipped" && lease.signal.aborted) continue;
        progress.directories++;
        if (outcome.outcome !== "deleted") continue;
        progress.files += outcome.files;
        progress.bytes += outcome.bytes;
      }
      await lease.save(progress);
    };
    return await this.#deps.deletion.delete(plan.task_ids, plan.options, { who, request_id, job_id }, {
      onOutcomes,
      signal: AbortSignal.any([this.#stop.signal, lease.signal]),
      one_by_one: true,
      project_id: plan.project_id,
      // In the transaction that claims the directory: nothing is begun for a job that is not held any more.
      select: async (db, taskIds) => {
        if (!await lease.holds(db)) return new Set();
        return plan.select === undefined ? new Set(taskIds) : await plan.select(db, taskIds);
      },
    });
  }
}

/** Whether something was left that the job would have gone on with. */
function isInterrupted({ options }: JobPlan, outcomes: readonly TaskOutcome[]): boolean {
  const failed = outcomes.some((outcome) => outcome.outcome === "failed");
  if (failed && !options.continue_on_error) return false;
  return outcomes.some((outcome) => outcome.outcome === "skipped");
}

/** The log's errors and those it does not have: what is no task id, and what the database refused. */
function withUnlogged(errors: readonly string[], outcomes: readonly TaskOutcome[]): string[] {
  const logged = new Set(errors.map((error) => error.slice(0, error.lastIndexOf(": "))));
  const others = outcomes.filter((outcome) => outcome.outcome === "failed")
    .filter((outcome) => !logged.has(outcome.task_id));
  return [...others.map((outcome) => `${outcome.task_id}: ${outcome.code}`), ...errors];
}
