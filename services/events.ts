/**
 * What happens in the program, for whoever wants to know: one typed seam that services publish to, and that others (the
 * runner of jobs, tests, later metrics and webhooks) listen to.
 *
 * Listeners run at once, in the order they came; one that throws is logged and stops nobody.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { DeletionStep } from "../domain/deletion_states.ts";

const log = getLogger(["pipekeep", "events"]);

/** Name → what comes with it. */
export interface EventMap {
  /** The deletion protocol has reached a step, for one directory or a chunk of them. */
  "deletion.step": { step: DeletionStep };
  /** There may be a new job to run. */
  "job.scheduled": { job_id: number };
  /** A job must not go on. */
  "job.cancelled": { job_id: number };
}

export type EventName = keyof EventMap;

export type Listener<Name extends EventName> = (event: EventMap[Name]) => void;

export class Events {
  readonly #listeners = new Map<EventName, Set<Listener<EventName>>>();

  /** Listens from now on. Returns what ends it. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as Listener<EventName>);
    return () => listeners.delete(listener as Listener<EventName>);
  }

  emit<Name extends EventName>(name: Name, event: EventMap[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as Listener<Name>)(event);
      } catch (error) {
        log.error("a listener of {name} failed: {error}", { name, error });
      }
    }
  }
}
