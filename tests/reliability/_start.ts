/** Starts a server for the campaigns, with a fault control where one is wanted. */
import { type Running, startProcess } from "../_process.ts";
import type { FaultControl } from "./_fault_shim.ts";
import type { ServerSetup, Walk } from "./_server.ts";

export type { Walk } from "./_server.ts";

export const WALKS: readonly Walk[] = ["libc", "runtime"];

export interface StartOptions extends ServerSetup {
  args?: string[];
  faults?: FaultControl;
  wrap?: string[];
}

export function startServer(folder: string, options: StartOptions = {}): Promise<Running> {
  const { kill, retries, walk, args = [], faults, wrap } = options;
  return startProcess({
    args,
    cwd: folder,
    wrap,
    env: faults?.env,
    entry: {
      file: "reliability/_server.ts",
      args: [JSON.stringify({ kill, retries, walk } satisfies ServerSetup)],
      // To kill itself, which the program may not.
      permissions: ["--allow-run"],
    },
  });
}
