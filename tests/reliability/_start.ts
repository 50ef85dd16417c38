/** Starts a server for the campaigns, with a fault control where one is wanted. */
import { type Running, startProcess } from "../_process.ts";
import type { FaultControl } from "./_fault_shim.ts";
import type { ServerSetup } from "./_server.ts";

/** How the server walks trees. */
export type Walk = "libc" | "runtime";

/** Those that can be chosen here. */
export const WALKS: readonly Walk[] = ["runtime"];

export interface StartOptions extends ServerSetup {
  args?: string[];
  faults?: FaultControl;
  walk?: Walk;
  wrap?: string[];
}

export function startServer(folder: string, options: StartOptions = {}): Promise<Running> {
  const { kill, retries, args = [], faults, wrap } = options;
  return startProcess({
    args,
    cwd: folder,
    wrap,
    env: faults?.env,
    entry: {
      file: "reliability/_server.ts",
      args: [JSON.stringify({ kill, retries } satisfies ServerSetup)],
      // To kill itself, which the program may not.
      permissions: ["--allow-run"],
    },
  });
}
