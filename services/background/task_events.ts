/**
 * Publishes changes of background tasks to whoever watches them.
 *
 * Of each watched task only the newest state is kept: whoever is slow misses the ones between, and nothing queues up.
 * Changes of this process arrive with `publish`, after their commit; those of another are looked for.
 *
 * Options: how often it looks. Limitation: a change by another process arrives up to that much later.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { listNewer } from "../../db/queries/background_tasks.ts";
import type { BackgroundTaskRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import { Repeater } from "../repeater.ts";

const log = getLogger(["pipekeep", "task_events"]);

export interface TaskEventsDependencies {
  database: Database;
}

export interface TaskEventsOptions {
  /**
   * Milliseconds between two looks.
   * @default 1000
   */
  interval_ms?: number;
}

interface Topic {
  newest: BackgroundTaskRow | undefined;
  watchers: number;
  /** Called, once each, when `newest` is another or nothing will come any more. */
  waiting: Set<() => void>;
}

/** One look-out for the changes of one task. Whoever has it closes it. */
export interface Watch {
  /**
   * The newest state as soon as it is newer than `version`; `"silence"` when there is none within `wait_ms`, `"end"`
   * after `close` or when the program stops. Not to be called again before it resolves.
   */
  next(version: number, wait_ms: number): Promise<BackgroundTaskRow | "silence" | "end">;
  /** Idempotent. */
  close(): void;
}

export class TaskEvents {
  readonly #deps: TaskEventsDependencies;
  readonly #topics = new Map<number, Topic>();
  readonly #repeater: Repeater;
  #seen = "";
  #isOver = false;

  constructor(dependencies: TaskEventsDependencies, options: TaskEventsOptions = {}) {
    this.#deps = dependencies;
    this.#repeater = new Repeater({
      interval_ms: options.interval_ms ?? 1000,
      run: async () => {
        await this.runOnce();
      },
      onError: (error) => log.error("could not look for changes: {error}", { error }),
    });
  }

  /** How many are watching. */
  get watchers(): number {
    return [...this.#topics.values()].reduce((sum, topic) => sum + topic.watchers, 0);
  }

  start(): void {
    this.#repeater.start();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.end();
    return this.#repeater.stop();
  }

  /** Tells everybody that nothing will come any more. */
  end(): void {
    this.#isOver = true;
    for (const topic of this.#topics.values()) wake(topic);
  }

  /** Tells who watches these tasks how they stand now. To be called once that is committed. */
  publish(tasks: readonly BackgroundTaskRow[]): void {
    for (const task of tasks) {
      const topic = this.#topics.get(task.id);
      if (topic === undefined || (topic.newest !== undefined && topic.newest.version >= task.version)) {
        continue;
      }
      topic.newest = task;
      wake(topic);
    }
  }

  /** Publishes what another process changed of the watched tasks. Returns how many had changed. */
  async runOnce(): Promise<number> {
    if (this.#topics.size === 0) return 0;
    const token = await this.#deps.database.changeToken("background_tasks");
    if (token === this.#seen) return 0;
    const known = new Map([...this.#topics].map(([id, { newest }]) => [id, newest?.version ?? 0]));
    const newer = await listNewer(this.#deps.database.kysely, known);
    this.publish(newer);
    this.#seen = token;
    return newer.length;
  }

  /** Watches one task from now on; how it stands has to be published by whoever asks. */
  watch(id: number): Watch {
    const topic = this.#topics.get(id) ?? { newest: undefined, watchers: 0, waiting: new Set() };
    this.#topics.set(id, topic);
    topic.watchers++;
    let isClosed = false;
    let giveUp: () => void = () => {};
    return {
      next: async (version, wait_ms) => {
        const deadline = performance.now() + wait_ms;
        for (;;) {
          if (isClosed) return "end";
          if (topic.newest !== undefined && topic.newest.version > version) return topic.newest;
          if (this.#isOver) return "end";
          const left = deadline - performance.now();
          if (left <= 0) return "silence";
          const wait = Promise.withResolvers<void>();
          giveUp = wait.resolve;
          topic.waiting.add(wait.resolve);
          const timer = setTimeout(wait.resolve, left);
          await wait.promise;
          clearTimeout(timer);
          topic.waiting.delete(wait.resolve);
        }
      },
      close: () => {
        if (isClosed) return;
        isClosed = true;
        topic.watchers--;
        if (topic.watchers === 0) this.#topics.delete(id);
        giveUp();
      },
    };
  }
}

function wake(topic: Topic): void {
  const waiting = [...topic.waiting];
  topic.waiting.clear();
  for (const resolve of waiting) resolve();
}
