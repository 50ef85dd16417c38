/**
 * The Worker that walks and removes trees off the main thread. It does what it is told, portion by portion, and answers
 * with one outcome each; which trees those are is decided in training_data.ts alone.
 *
 * @module
 */
import { Libc } from "./libc.ts";
import { LibcWalk } from "./libc_walk.ts";
import { LibcTools } from "./mount_ground.ts";
import { RuntimeWalk } from "./runtime_walk.ts";
import type { TreeOpening, TreeOutcome, TreeReply, TreeRequest, TreeWorkerReady } from "./tree_pool.ts";
import { type Portion, type TreeWalk, WalkError } from "./tree_walk.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<TreeOpening | TreeRequest>) => void;
  postMessage(message: TreeReply | TreeWorkerReady): void;
};

let tools: LibcTools | undefined;

scope.onmessage = ({ data }) => {
  scope.postMessage("libraries" in data ? openLibc(data.libraries) : answer(data));
};

/** Once: the permission is given back when all Workers have answered. */
function openLibc(libraries: readonly string[]): TreeWorkerReady {
  try {
    tools = new LibcTools(Libc.open(libraries));
    return { form: "libc", reason: "" };
  } catch (error) {
    return { form: "runtime", reason: (error as Error).message };
  }
}

function answer(request: TreeRequest): TreeReply {
  const started = performance.now();
  let outcomes: TreeOutcome[];
  try {
    using walk = open(request);
    outcomes = request.portions.map((portion) => outcomeOf(() => carryOut(walk, request, portion)));
  } catch (error) {
    outcomes = request.portions.map(() => failureOf(error));
  }
  return { id: request.id, outcomes, spent_ms: performance.now() - started };
}

function open({ form, context }: TreeRequest): TreeWalk {
  if (form === "runtime") return new RuntimeWalk(context);
  // This Worker took the place of one that had libc.
  if (tools === undefined) throw new WalkError("libc is not open in this Worker", "ENOSYS");
  return new LibcWalk({ tools, context });
}

function carryOut(walk: TreeWalk, { operation }: TreeRequest, portion: Portion): unknown {
  switch (operation) {
    case "list":
      return walk.list(portion.path);
    case "measure":
      return walk.measure(portion);
    case "remove":
      return walk.remove(portion);
  }
}

function outcomeOf(work: () => unknown): TreeOutcome {
  try {
    return { value: work() };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): TreeOutcome {
  const { name, message } = error as Error;
  return { error: { name, message, code: (error as { code?: string }).code ?? "" } };
}
