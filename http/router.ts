/** Route files → a table that finds the endpoint of a request. */
import { PipekeepError } from "../domain/errors.ts";
import { type Endpoint, type Method, METHODS, type RouteModule } from "./endpoint.ts";
import { type Family, type FamilyModule, plainFamily } from "./family.ts";
import { matchPattern, type Pattern, patternOf } from "./pattern.ts";

/** What `routes/_manifest.ts` lists: file name → module. */
export interface Manifest {
  routes: Record<string, RouteModule>;
  families: Record<string, FamilyModule>;
}

export interface Route {
  file: string;
  pattern: Pattern;
  family: Family;
  endpoints: Partial<Record<Method, Endpoint>>;
  /** For `Allow`: HEAD comes with GET. */
  allow: string[];
}

/** Where a request goes. */
export interface Place {
  /** Undefined when nothing is at this path. */
  route: Route | undefined;
  /** Of the path; still percent-encoded. */
  parameters: Record<string, string>;
  /** Answers, whether there is a route or not. */
  family: Family;
}

export class Router {
  readonly routes: Route[];
  #families: [prefix: string, family: Family][];
  #byLength = new Map<number, Route[]>();
  /** Those whose last parameter takes the rest of the path; asked last. */
  #open: Route[] = [];

  constructor(manifest: Manifest) {
    this.#families = Object.entries(manifest.families)
      .map(([file, module]): [string, Family] => ["/" + file.replace(/_family\.ts$/, ""), module.family])
      .sort(([a], [b]) => b.length - a.length);
    this.routes = Object.entries(manifest.routes).map(([file, module]) => this.#route(file, module));
    // A literal goes before a parameter in the same place.
    for (const route of this.routes.toSorted((a, b) => parametersOf(a.pattern) - parametersOf(b.pattern))) {
      const { segments: { length }, takesRest } = route.pattern;
      if (takesRest) {
        this.#open.push(route);
        continue;
      }
      this.#byLength.set(length, [...this.#byLength.get(length) ?? [], route]);
    }
  }

  matchRoute(path: string): Place {
    const parts = path.slice(1).split("/");
    const candidates = this.#byLength.get(path === "/" ? 0 : parts.length) ?? [];
    for (const route of [...candidates, ...this.#open]) {
      const parameters = matchPattern(route.pattern, path === "/" ? [] : parts);
      if (parameters !== undefined) return { route, parameters, family: route.family };
    }
    return { route: undefined, parameters: {}, family: this.#familyOf(path) };
  }

  /** The family that answers for `path`, known or not. */
  #familyOf(path: string): Family {
    return this.#families.find(([prefix]) => (path + "/").startsWith(prefix))?.[1] ?? plainFamily;
  }

  #route(file: string, module: RouteModule): Route {
    const endpoints: Partial<Record<Method, Endpoint>> = {};
    for (const method of METHODS) if (module[method] !== undefined) endpoints[method] = module[method];
    const allow = Object.keys(endpoints).flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
    const pattern = patternOf(file);
    return { file, pattern, family: this.#familyOf(pattern.template), endpoints, allow };
  }
}

/** @throws {PipekeepError} route_not_found, method_not_allowed */
export function selectEndpoint(method: string, route: Route | undefined): Endpoint {
  if (route === undefined) throw new PipekeepError("route_not_found", "there is nothing at this path");
  const { endpoints, allow } = route;
  const wanted = (method === "HEAD" ? "GET" : method) as Method;
  const endpoint = Object.hasOwn(endpoints, wanted) ? endpoints[wanted] : undefined;
  if (endpoint !== undefined) return endpoint;
  const message = `${method} is not allowed here; allowed: ${allow.join(", ")}`;
  throw new PipekeepError("method_not_allowed", message, { allow });
}

function parametersOf(pattern: Pattern): number {
  return pattern.segments.filter((segment) => "parameter" in segment).length;
}
