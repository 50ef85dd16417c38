/** `pipekeep serve` that kills itself, as by `kill -9`, when the deletion protocol reaches a step for the nth time. */
import { serveConfig } from "../cli/commands/serve.ts";
import { serve } from "../cli/serve.ts";
import { surroundings } from "../cli/surroundings.ts";
import { Events } from "../services/events.ts";

const [step, nth, ...args] = Deno.args;
let reached = 0;

const events = new Events();
events.on("deletion.step", ({ step: at }) => {
  if (at === step && ++reached === Number(nth)) Deno.kill(Deno.pid, "SIGKILL");
});

await serve(serveConfig(args, surroundings()), { events });
