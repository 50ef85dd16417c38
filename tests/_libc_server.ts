/** `pipekeep serve` that tries, once the permission for libc was given back, to open a library all the same, and says how that ended. */
import { serveConfig } from "../cli/commands/serve.ts";
import { serve } from "../cli/serve.ts";
import { surroundings } from "../cli/surroundings.ts";
import { LIBRARIES } from "../services/training_data/libc.ts";

const asked = setInterval(() => {
  const states = LIBRARIES.map((path) => Deno.permissions.querySync({ name: "ffi", path }).state);
  if (states.includes("granted")) return;
  clearInterval(asked);
  for (const path of LIBRARIES) {
    try {
      Deno.dlopen(path, {});
      console.error("opened");
    } catch (error) {
      console.error(`probe: ${(error as Error).name}`);
    }
  }
  // The Workers still hold what they opened; a new one gets nothing.
  const source = `try { Deno.dlopen(${JSON.stringify(LIBRARIES[0])}, {}); postMessage("opened") }
    catch (error) { postMessage("probe: " + error.name) }`;
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(source)}`, { type: "module" });
  worker.onmessage = ({ data }) => {
    console.error(`worker ${data}`);
    worker.terminate();
  };
}, 5);

await serve(serveConfig(Deno.args, surroundings()));
