/** A route file's name → the URL pattern it answers. */

export interface Pattern {
  /** As in OpenAPI: `/api/v0/data_pipeline/tasks/{task_id}`. */
  template: string;
  /** Literal text, or the name of a parameter. */
  segments: ({ literal: string } | { parameter: string })[];
  /** The last parameter takes all that follows, slashes included. */
  takesRest: boolean;
}

/**
 * `api/v0/data_pipeline/tasks/[task_id]/index.ts` → `/api/v0/data_pipeline/tasks/{task_id}`; `openapi.json.ts` →
 * `/openapi.json`; `index.ts` → `/`; `files/[...path].ts` → `/files/{path}`, whose parameter takes the rest of the path.
 */
export function patternOf(file: string): Pattern {
  const parts = file.replace(/\.tsx?$/, "").split("/");
  if (parts.at(-1) === "index") parts.pop();
  const segments = parts.map((part) => {
    const parameter = /^\[(?:\.\.\.)?(\w+)\]$/.exec(part)?.[1];
    return parameter === undefined ? { literal: part } : { parameter };
  });
  const template = "/" + segments.map((s) => "literal" in s ? s.literal : `{${s.parameter}}`).join("/");
  return { template, segments, takesRest: parts.at(-1)?.startsWith("[...") ?? false };
}

/** The parameters of `path` under `pattern`, still percent-encoded, or undefined when it does not match. */
export function matchPattern(pattern: Pattern, path: readonly string[]): Record<string, string> | undefined {
  const { length } = pattern.segments;
  if (pattern.takesRest ? path.length < length : path.length !== length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, segment] of pattern.segments.entries()) {
    const part = path[i]!;
    if ("literal" in segment) {
      if (segment.literal !== part) return undefined;
    } else {
      if (pattern.takesRest && i === length - 1) {
        parameters[segment.parameter] = path.slice(i).join("/");
        break;
      }
      // An empty last one is the endpoint's to refuse by name; an empty one before it is another path.
      if (part === "" && i < path.length - 1) return undefined;
      parameters[segment.parameter] = part;
    }
  }
  return parameters;
}
