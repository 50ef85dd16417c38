/** Checks the operation log's hash chain (domain/seal.ts, docs/operations.md). */
import type { Database } from "../../db/database.ts";
import { countUnsealed, findChainEnd, listSealed } from "../../db/queries/deletion_chain.ts";
import { type ChainEnd, faultOf, GENESIS } from "../../domain/seal.ts";

/** Rows that are held, and checked without a pause, at a time. */
const PAGE = 250;

/** The first place in the chain where something does not fit; `deletion_id` null: where no row is. */
export interface BadRow {
  sequence: number;
  deletion_id: string | null;
  reason: string;
}

export interface LogVerdict {
  valid: boolean;
  /** Rows that fit, up to the first that does not. */
  checked: number;
  first_bad: BadRow | null;
  /** Final rows of an older program that are still to be sealed. */
  unsealed: number;
  /** The chain's end when it was looked at: who keeps it elsewhere sees later whether the past was written anew. */
  end: ChainEnd;
}

/**
 * Reads every sealed row, in pages, and lets others go on between two of them. What is sealed meanwhile is not looked at.
 */
export async function verifyLog(database: Database): Promise<LogVerdict> {
  const { last, ...end } = await findChainEnd(database.kysely);
  const unsealed = await countUnsealed(database.kysely);
  let at: ChainEnd = { sequence: 0, hash: GENESIS };
  const verdict = (first_bad: BadRow | null): LogVerdict => {
    return { valid: first_bad === null, checked: at.sequence, first_bad, unsealed, end };
  };
  // From below the first place on, so that nobody hides a row there.
  for (let after = Number.MIN_SAFE_INTEGER; after < end.sequence;) {
    const rows = await listSealed(database.kysely, after, Math.min(PAGE, end.sequence - at.sequence));
    if (rows.length === 0) break;
    for (const row of rows) {
      const sequence = row.sequence!;
      const reason = faultOf(row, at);
      if (reason !== undefined) return verdict(badRow(at, row.deletion_id, sequence, reason));
      at = { sequence, hash: row.hash! };
    }
    after = at.sequence;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  if (at.sequence < end.sequence) {
    return verdict({ sequence: at.sequence + 1, deletion_id: null, reason: CUT_OFF });
  }
  if (at.hash !== end.hash) return verdict({ sequence: at.sequence, deletion_id: null, reason: OTHER_END });
  if (last > end.sequence) return verdict({ sequence: end.sequence + 1, deletion_id: null, reason: BEYOND });
  return verdict(null);
}

const CUT_OFF = "the chain goes on, but no row is here";
const OTHER_END = "the chain's end was written down with another hash";
const BEYOND = "there are rows behind the chain's end";

/** Where a row is missing, its place is named and not the next row. */
function badRow(at: ChainEnd, deletion_id: string, sequence: number, reason: string): BadRow {
  return sequence > at.sequence + 1
    ? { sequence: at.sequence + 1, deletion_id: null, reason: `no row is here; the next is ${sequence}` }
    : { sequence, deletion_id, reason };
}
