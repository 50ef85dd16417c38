/** What an operation may answer with a status: its own responses, else its family's error. For the document and the tests. */
import type { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { COMMON_ERRORS, statusOf } from "./errors.ts";
import type { Family } from "./family.ts";

/** Schema of the whole answer; undefined where no JSON goes (204, a stream). */
export type AnswerSchema = z.ZodType | undefined;

/** Status → schema of everything that `endpoint` may answer under `family`. */
export function answersOf(endpoint: Endpoint, family: Family): Map<number, AnswerSchema> {
  const answers = new Map<number, AnswerSchema>();
  for (const code of [...COMMON_ERRORS, ...endpoint.errors]) {
    answers.set(statusOf(code), family.failureSchema());
  }
  for (const [status, { data, bare }] of Object.entries(endpoint.responses)) {
    answers.set(Number(status), data && (bare ? data() : family.successSchema(data())));
  }
  if (endpoint.remembered) answers.set(304, undefined);
  return answers;
}
