/** An API family: how success, errors and invalid input look under one part of the URL space. */
import type { ErrorCode, ErrorDetails } from "../domain/errors.ts";
import { z } from "zod";
import type { Reply } from "./endpoint.ts";
import type { ExampleValues } from "./examples.ts";
import { lazy } from "./lazy.ts";
import { ENGLISH_WORDS, type InputWords } from "./words.ts";

export interface Failure {
  status: number;
  code: ErrorCode;
  /** English, safe to show: names no path, no SQL, no stack. */
  message: string;
  details: ErrorDetails;
}

export interface Family {
  /** Of the messages about invalid input. */
  words: InputWords;
  /** A key is wanted even where the rest is open. */
  always_keyed?: boolean;
  success(reply: Reply, status: number): unknown;
  failure(failure: Failure): unknown;
  /** Schema of what `success` makes of data of this schema. */
  successSchema(data: z.ZodType): z.ZodType;
  /** For the document: see {@linkcode ExampleValues}. */
  examples: ExampleValues;
  /** Schema of what `failure` makes. */
  failureSchema: () => z.ZodType;
}

/** What a `_family.ts` exports. */
export interface FamilyModule {
  family: Family;
}

/** Outside every family: `/healthz` and unknown paths. */
export const plainFamily: Family = {
  words: ENGLISH_WORDS,
  success: (reply) => reply.data,
  failure: ({ message }) => ({ error: message }),
  successSchema: (data) => data,
  examples: {},
  failureSchema: lazy(() => z.strictObject({ error: z.string() }).meta({ id: "Error" })),
};
