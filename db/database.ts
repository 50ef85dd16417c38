/** temporary */
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";
export type Executor = Kysely<Tables> | Transaction<Tables>;
export interface Database {
  readonly kysely: Kysely<Tables>;
  changeToken(): string;
  decide<T>(lockIds: readonly string[], fn: (trx: Executor) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
export class CommitInDoubt extends Error {}
