/**
 * The Worker that walks and removes trees off the main thread. It does what it is told, path by path, and answers with
 * one outcome per path; which paths those are is decided in training_data.ts alone.
 *
 * @module
 */
import { emptyMeasure, measureDirectory, measureTree, removeTree, type WalkContext } from "./tree_walk.ts";
import type { Expansion, TreeOutcome, TreeReply, TreeRequest } from "./tree_pool.ts";

function carryOut(request: TreeRequest, path: string): unknown {
  switch (request.operation) {
    case "expand":
      return expand(path, request.context, request.tops);
    case "measure":
      return measureTree(path, request.context, request.tops);
    case "remove":
      return removeTree(path);
  }
}

function expand(path: string, context: WalkContext, isTop: boolean): Expansion {
  const measure = emptyMeasure();
  const subdirectories = measureDirectory(path, context, measure, isTop);
  return { measure, subdirectories };
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<TreeRequest>) => void;
  postMessage(message: TreeReply): void;
};

scope.onmessage = ({ data: request }) => {
  const started = performance.now();
  const outcomes = request.paths.map((path): TreeOutcome => {
    try {
      return { value: carryOut(request, path) };
    } catch (error) {
      const { name, message } = error as Error;
      return { error: { name, message, code: (error as { code?: string }).code ?? "" } };
    }
  });
  scope.postMessage({ id: request.id, outcomes, spent_ms: performance.now() - started });
};
