/** Queries that are compiled once: to build one again for each request takes as long as to run it. */
import type { CompiledQuery } from "kysely";

/** A query with its values, ready to run. */
export type ReadyQuery = Pick<CompiledQuery, "sql" | "parameters">;

/** Stands in a compiled query for a value that each run brings. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Remembers compiled queries by the names of the values that they are given; two that differ in more need two of these. */
export class QueryShapes<Values extends object> {
  readonly #compiled = new Map<string, ReadyQuery>();

  /**
   * @param values those that the query has, and no others
   * @param build compiles the query; it gets something in the place of each value, and may only bind it
   */
  ready(values: Values, build: (values: Values) => ReadyQuery): ReadyQuery {
    const names = Object.keys(values);
    const shape = names.join();
    let compiled = this.#compiled.get(shape);
    if (compiled === undefined) {
      const places = Object.fromEntries(names.map((name) => [name, new Placeholder(name)]));
      const { sql, parameters } = build(places as Values);
      compiled = { sql, parameters };
      this.#compiled.set(shape, compiled);
    }
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter
    );
    return { sql: compiled.sql, parameters };
  }
}
