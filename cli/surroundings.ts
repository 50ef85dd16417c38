/** What the machine says that a command line's defaults depend on. */
import { join } from "node:path";

/** One variable of the environment; undefined when it is not set. */
export type Environment = (variable: string) => string | undefined;

export interface Surroundings {
  environment: Environment;
  /** The executable's folder when compiled, else the current one. */
  base_folder: string;
  cores: number;
  /** Whether standard error is one. */
  is_terminal: boolean;
}

/** The machine as it is. @throws {Error} when the current folder is gone */
export function surroundings(): Surroundings {
  // The portable executable runs a runtime from the cache; it says itself where it stands.
  const executable = Deno.build.standalone ? Deno.execPath() : Deno.env.get("PIPEKEEP_EXECUTABLE");
  return {
    environment: (variable) => Deno.env.get(variable),
    base_folder: executable === undefined ? Deno.cwd() : join(executable, ".."),
    cores: navigator.hardwareConcurrency,
    is_terminal: Deno.stderr.isTerminal(),
  };
}
