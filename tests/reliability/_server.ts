/**
 * `pipekeep serve` for the campaigns. The first word is JSON: it may kill itself, as by `kill -9`, when the deletion
 * protocol reaches a step for the nth time.
 */
import { serveConfig } from "../../cli/commands/serve.ts";
import { serve } from "../../cli/serve.ts";
import { surroundings } from "../../cli/surroundings.ts";
import type { DeletionStep } from "../../domain/deletion_states.ts";
import type { TrashRetriesOptions } from "../../services/deletion/retries.ts";
import { Events } from "../../services/events.ts";

export interface ServerSetup {
  kill?: { step: DeletionStep; nth: number };
  /** How soon what is stuck is tried again. */
  retries?: TrashRetriesOptions;
  /** How it walks trees; libc, unless told. */
  walk?: Walk;
}

export type Walk = "libc" | "runtime";

if (import.meta.main) {
  const [setup, ...args] = Deno.args;
  const { kill, retries, walk } = JSON.parse(setup!) as ServerSetup;
  const events = new Events();
  let reached = 0;
  events.on("deletion.step", ({ step }) => {
    if (step === kill?.step && ++reached === kill.nth) Deno.kill(Deno.pid, "SIGKILL");
  });
  await serve(serveConfig(args, surroundings()), {
    events,
    retries,
    libraries: walk === "runtime" ? [] : undefined,
  });
}
