/**
 * Runs the jobs that are due, one after the other: first what a crash interrupted, then the longest due.
 *
 * Progress is written down after each directory, so a job resumes where it was; what it freed is read from the
 * operation log, which a crash cannot tear from the deletions themselves. Limitation: a job that was told to stop, stops
 * between two directories.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { sumOfJob } from "../db/deletions.ts";
import { findNextJob, findNextStart, moveJob, saveProgress } from "../db/jobs.ts";
import type { JobRow } from "../db/schema.ts";
import type { Database } from "../db/sqlite.ts";
import type { Deletion } from "./deletion.ts";
import type { TaskOutcome } from "./deletion_outcome.ts";
import { type JobPlan, planOf } from "./job_plan.ts";

const log = getLogger(["pipekeep", "scheduler"]);

/** The longest sleep: the clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 30_000;
const AFTER_FAILURE_MS = 5_000;

export class Scheduler {
  #stop = new AbortController();
  #wake: () => void = () => {};
  #loop: Promise<void> | undefined;
  #running: { job_id: number; cancel: AbortController } | undefined;

  constructor(
    private readonly database: Database,
    private readonly deletion: Deletion,
    private readonly clock: () => number,
  ) {}

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Idempotent. A running job stops between two directories and resumes at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#loop;
  }

  /** Looks again at once. */
  wake(): void {
    this.#wake();
  }

  /** Runs everything that is due at `now`. Returns how many jobs ended. */
  async runOnce(now: number): Promise<number> {
    let ended = 0;
    while (!this.#stop.signal.aborted) {
      const job = await findNextJob(this.database.kysely, now);
      if (job === undefined) break;
      if (await this.#runJob(job)) ended++;
    }
    return ended;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let sleep_ms = LONGEST_SLEEP_MS;
      const woken = new Promise<void>((resolve) => this.#wake = resolve);
      try {
        await this.runOnce(this.clock());
        const next = await findNextStart(this.database.kysely);
        if (next !== undefined) sleep_ms = Math.min(sleep_ms, Math.max(0, next - this.clock()));
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        log.error("a job could not be run, trying again: {error}", { error });
        sleep_ms = AFTER_FAILURE_MS;
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      const slept = new Promise<void>((resolve) => timer = setTimeout(resolve, sleep_ms));
      if (!this.#stop.signal.aborted) await Promise.race([woken, slept]);
      clearTimeout(timer);
    }
  }

  /** Stops the job if it is the running one. */
  cancel(jobId: number): void {
    if (this.#running?.job_id === jobId) this.#running.cancel.abort();
  }

  /** Returns whether the job ended (and was not stopped with the program, or cancelled meanwhile). */
  async #runJob(job: JobRow): Promise<boolean> {
    const { kysely } = this.database;
    const started = await moveJob(kysely, job.job_id, ["scheduled", "running"], {
      status: "running",
      updated_at: this.clock(),
    });
    if (!started) return false;
    const cancel = new AbortController();
    this.#running = { job_id: job.job_id, cancel };
    try {
      const errors = job.errors === null ? [] : job.errors.split(ERROR_SEPARATOR);
      const plan = await planOf(this.database, job, new Set(errors.map(taskIdIn)), this.clock());
      const outcomes = await this.#carryOut(job, plan, errors, cancel.signal);
      const isInterrupted = outcomes.some((outcome) => outcome.outcome === "skipped");
      if (isInterrupted && this.#stop.signal.aborted) return false;
      const status = errors.length === 0 ? "completed" : "failed";
      log.info("job {job_id} ended, {failed} failed", { job_id: job.job_id, failed: errors.length });
      const changes = { status, errors: textOf(errors), updated_at: this.clock() } as const;
      return await moveJob(kysely, job.job_id, ["running"], changes);
    } finally {
      this.#running = undefined;
    }
  }

  #carryOut(job: JobRow, plan: JobPlan, errors: string[], cancelled: AbortSignal): Promise<TaskOutcome[]> {
    const { kysely } = this.database;
    const directories_total = job.directories + plan.task_ids.length;
    let directories = job.directories;
    const onOutcomes = async (outcomes: readonly TaskOutcome[]) => {
      directories += outcomes.length;
      for (const outcome of outcomes) {
        if (outcome.outcome === "failed") errors.push(`${outcome.task_id}: ${outcome.code}`);
      }
      const freed = await sumOfJob(kysely, job.job_id);
      const progress = { directories, directories_total, ...freed };
      await saveProgress(kysely, job.job_id, progress, textOf(errors), this.clock());
    };
    const origin = { who: job.who, request_id: job.request_id, job_id: job.job_id };
    const signal = AbortSignal.any([this.#stop.signal, cancelled]);
    return this.deletion.delete(plan.task_ids, plan.options, origin, {
      onOutcomes,
      signal,
      one_by_one: true,
    });
  }
}

const ERROR_SEPARATOR = "; ";

function textOf(errors: readonly string[]): string | null {
  return errors.length === 0 ? null : errors.join(ERROR_SEPARATOR);
}

function taskIdIn(error: string): string {
  return error.split(":")[0]!;
}
