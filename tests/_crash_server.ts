/** `pipekeep serve` that kills itself, as by `kill -9`, when the deletion protocol reaches a step for the nth time. */
import { serve } from "../cli/serve.ts";

const [step, nth, ...args] = Deno.args;
let reached = 0;

await serve(args, {
  observe: (at) => {
    if (at === step && ++reached === Number(nth)) Deno.kill(Deno.pid, "SIGKILL");
  },
});
