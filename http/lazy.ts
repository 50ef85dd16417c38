/** Schemas that are built when they are first asked for: a start waits for none, and most are for the document alone. */
import type { z } from "zod";

/** Gives a value that it may have to build first. */
export type Lazy<Value> = () => Value;

/** What `build` returns; it is called once, by the first who asks. */
export function lazy<Value>(build: Lazy<Value>): Lazy<Value> {
  let built: { value: Value } | undefined;
  return () => (built ??= { value: build() }).value;
}

/** What a lazily built schema gives. */
export type OutputOf<Schema extends Lazy<z.ZodType>> = z.output<ReturnType<Schema>>;
