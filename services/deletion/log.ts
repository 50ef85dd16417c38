/** The operation log: one entry per attempted deletion (api.md 1.4). */
export { type DeletionFilter, DeletionLog } from "../../db/queries/deletions.ts";
export type { DeletionRow } from "../../db/schema.ts";
