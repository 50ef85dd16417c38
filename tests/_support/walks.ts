/** Both forms of the walk, for tests that hold for each. */
import { Libc, LIBRARIES } from "../../services/training_data/libc.ts";
import { LibcWalk } from "../../services/training_data/libc_walk.ts";
import { LibcTools } from "../../services/training_data/mount_ground.ts";
import { RuntimeWalk } from "../../services/training_data/runtime_walk.ts";
import type { TreeWalk, WalkContext, WalkForm } from "../../services/training_data/tree_walk.ts";

export const WALK_FORMS: readonly WalkForm[] = ["libc", "runtime"];

let tools: LibcTools | undefined;

export function openWalk(form: WalkForm, context: WalkContext): TreeWalk {
  if (form === "runtime") return new RuntimeWalk(context);
  tools ??= new LibcTools(Libc.open(LIBRARIES));
  return new LibcWalk({ tools, context });
}

/** How a walk sees `base`, as this process. */
export function contextOf(base: string): WalkContext {
  const { dev, ino } = Deno.lstatSync(base);
  return { base, inode: ino, dev, uid: Deno.uid() ?? 0, overrides: Deno.uid() === 0, inTrash: true };
}

/** What this process holds open in `folder`. */
export function openIn(folder: string): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch {
      return [];
    }
  }).filter((path) => path.startsWith(folder));
}
