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
import { sumOfJob } from "../../db/queries/deletions.ts";
import { findNextJob, findNextStart, moveJob, saveProgress } from "../../db/queries/jobs.ts";
import type { JobRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import type { Deletion } from "../deletion/deletion.ts";
import type { TaskOutcome } from "../deletion/outcome.ts";
import type { Events } from "../events.ts";
import { errorsOf, type JobPlan, planOf } from "./job_plan.ts";

const log = getLogger(["pipekeep", "runner"]);

/** The longest sleep: the clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 30_000;
const AFTER_FAILURE_MS = 5_000;

export class Runner {
  #stop = new AbortController();
  #wake: () => void = () => {};
  #loop: Promise<void> | undefined;
  #running: { job_id: number; cancel: AbortController } | undefined;

  constructor(
    private readonly database: Database,
    private readonly deletion: Deletion,
    events: Events,
    private readonly clock: () => number,
  ) {
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
  #cancel(jobId: number): void {
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
      const plan = await planOf(this.database, job, this.clock());
      const outcomes = await this.#carryOut(job, plan, cancel.signal);
      if (this.#stop.signal.aborted && isInterrupted(plan, outcomes)) return false;
      // What is no task id has no row in the log.
      const refused = outcomes.filter((outcome) =>
        outcome.outcome === "failed" && outcome.code === "invalid_task_id"
      )
        .map((outcome) => `${outcome.task_id}: invalid_task_id`);
      const errors = [...refused, ...await errorsOf(this.database, job.job_id)];
      log.info("job {job_id} ended, {failed} failed", { job_id: job.job_id, failed: errors.length });
      return await moveJob(kysely, job.job_id, ["running"], {
        status: errors.length === 0 ? "completed" : "failed",
        errors: errors.length === 0 ? null : errors.join("; "),
        updated_at: this.clock(),
      });
    } finally {
      this.#running = undefined;
    }
  }

  async #carryOut(job: JobRow, plan: JobPlan, cancelled: AbortSignal): Promise<TaskOutcome[]> {
    const { kysely } = this.database;
    const { job_id, who, request_id } = job;
    const directories_total = plan.attempted + plan.task_ids.length;
    const progress = { directories: plan.attempted, directories_total, ...await sumOfJob(kysely, job_id) };
    await saveProgress(kysely, job_id, progress, this.clock());
    const onOutcomes = async (outcomes: readonly TaskOutcome[]) => {
      for (const outcome of outcomes) {
        progress.directories++;
        if (outcome.outcome !== "deleted") continue;
        progress.files += outcome.files;
        progress.bytes += outcome.bytes;
      }
      await saveProgress(kysely, job_id, progress, this.clock());
    };
    return await this.deletion.delete(plan.task_ids, plan.options, { who, request_id, job_id }, {
      onOutcomes,
      signal: AbortSignal.any([this.#stop.signal, cancelled]),
      one_by_one: true,
      project_id: plan.project_id,
      select: plan.select,
    });
  }
}

/** Whether something was left that the job would have gone on with. */
function isInterrupted({ options }: JobPlan, outcomes: readonly TaskOutcome[]): boolean {
  const failed = outcomes.some((outcome) => outcome.outcome === "failed");
  if (failed && !options.continue_on_error) return false;
  return outcomes.some((outcome) => outcome.outcome === "skipped");
}
