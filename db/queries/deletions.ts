/** Queries on `deletions`: the protocol's rows, which are the operation log in the end. */
import { type DeletionState, isFinal } from "../../domain/deletion_states.ts";
import { type ExpressionBuilder, sql } from "kysely";
import { type Page, type PageRequest, type Position, Totals } from "../paging.ts";
import type { Database, Executor } from "../database.ts";
import {
  idsIn,
  insertRows,
  millisecondsBetween,
  selectUnderWay,
  updateRows,
} from "../dialects/sqlite/statements.ts";
import type { DeletionRow, NewDeletion, Tables } from "../schema.ts";
import { seal, sealDeletions } from "./deletion_chain.ts";

/** All optional; they narrow together. Times in epoch milliseconds: from `requested_after` on, before `requested_before`. */
export interface DeletionFilter {
  task_id?: string;
  who?: string;
  request_id?: string;
  job_id?: number;
  states?: readonly DeletionState[];
  requested_after?: number;
  requested_before?: number;
}

/** Rows of the log that are held at a time when all are read. */
const PAGE = 250;

export class DeletionLog {
  #database: Database;
  #totals: Totals;

  constructor(database: Database) {
    this.#database = database;
    this.#totals = new Totals({ database, table: "deletions" });
  }

  /** One page of attempted deletions, newest first (`requested_at`, then `deletion_id`, descending). */
  async page(filter: DeletionFilter, request: PageRequest): Promise<Page<DeletionRow>> {
    const total = await this.#totals.get(JSON.stringify(filter), async () => {
      const row = await this.#database.kysely.selectFrom("deletions").select(sql<number>`count(*)`.as("n"))
        .where((eb) => matches(eb, filter)).executeTakeFirstOrThrow();
      return row.n;
    });
    const rows = await this.#select(filter, { ...request, limit: request.limit + 1 }).execute();
    return { rows: rows.slice(0, request.limit), total, hasMore: rows.length > request.limit };
  }

  /** All matches in the same order, in pages; what comes meanwhile is newer, and not among them. */
  async *eachPage(filter: DeletionFilter): AsyncGenerator<DeletionRow[]> {
    let after: Position | undefined;
    for (;;) {
      const rows = await this.#select(filter, { limit: PAGE, offset: 0, ...(after && { after }) }).execute();
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = { at: last.requested_at, id: last.deletion_id };
    }
  }

  #select(filter: DeletionFilter, { limit, offset, after }: PageRequest) {
    let query = this.#database.kysely.selectFrom("deletions").selectAll()
      .where((eb) => matches(eb, filter))
      .orderBy("requested_at", "desc").orderBy("deletion_id", "desc").limit(limit);
    if (after !== undefined) {
      const { at, id } = after;
      query = query.where((eb) => eb(eb.refTuple("requested_at", "deletion_id"), "<", eb.tuple(at, id)));
    }
    return offset > 0 ? query.offset(offset) : query;
  }
}

function matches(eb: ExpressionBuilder<Tables, "deletions">, filter: DeletionFilter) {
  const all = [];
  if (filter.task_id !== undefined) all.push(eb("task_id", "=", filter.task_id));
  if (filter.who !== undefined) all.push(eb("who", "=", filter.who));
  if (filter.request_id !== undefined) all.push(eb("request_id", "=", filter.request_id));
  if (filter.job_id !== undefined) all.push(eb("job_id", "=", filter.job_id));
  if (filter.states !== undefined) all.push(eb("state", "in", filter.states));
  if (filter.requested_after !== undefined) all.push(eb("requested_at", ">=", filter.requested_after));
  if (filter.requested_before !== undefined) all.push(eb("requested_at", "<", filter.requested_before));
  return eb.and(all);
}

/** As one JSON parameter: the statement is the same for one row and for a chunk of them. Those that are final are sealed. */
export async function insertDeletions(
  db: Executor,
  volumeId: string,
  rows: readonly NewDeletion[],
): Promise<void> {
  // What a sealed row says of itself must be all that stands in it, defaults too.
  const whole = rows.map((row) =>
    ({ directory_deleted: 0, ...UNSEALED, ...row, volume_id: volumeId }) as DeletionRow
  );
  const chained = await seal(db, whole.filter((row) => isFinal(row.state)));
  const seals = new Map(chained.map((row) => [row.deletion_id, row]));
  // What is null in all of them need not be looked up in each.
  const names = (Object.keys(whole[0] ?? {}) as (keyof DeletionRow)[])
    .filter((name) => chained.some((row) => row[name] !== null) || whole.some((row) => row[name] !== null));
  const [first, ...others] = whole.map((row) => {
    const written = seals.get(row.deletion_id) ?? row;
    return Object.fromEntries(names.map((name) => [name, written[name]]));
  });
  if (first !== undefined) await insertRows("deletions", [first, ...others]).execute(db);
}

const UNSEALED = { sequence: null, previous_hash: null, hash: null };

/** Those of `taskIds` that a deletion on the volume is busy with. A directory that waits in the trash by retention is not. */
export async function findUnderWay(
  db: Executor,
  volumeId: string,
  taskIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await selectUnderWay(volumeId, taskIds).execute(db);
  return new Set(rows.map((row) => row.task_id));
}

/** Those of `taskIds` whose directory is in the volume's trash, and resisted being removed from there; task id → rows. */
export async function findStuck(
  db: Executor,
  volumeId: string,
  taskIds: readonly string[],
): Promise<Map<string, DeletionRow[]>> {
  const rows = await db.selectFrom("deletions").selectAll()
    .where("state", "=", sql.lit("purge_failed")).where("volume_id", "=", volumeId)
    .where("task_id", "in", idsIn(taskIds))
    .orderBy("requested_at").execute();
  return Map.groupBy(rows, (row) => row.task_id);
}

/** Those of `taskIds` of which a directory is whole in the volume's trash, and could not be put back yet. */
export async function findStranded(
  db: Executor,
  volumeId: string,
  taskIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db.selectFrom("deletions").select("task_id")
    .where("state", "=", sql.lit("stranded")).where("volume_id", "=", volumeId)
    .where("task_id", "in", idsIn(taskIds)).execute();
  return new Set(rows.map((row) => row.task_id));
}

/** Every row whose directory resists in the volume's trash: being removed, or being put back. Oldest first. */
export function listStuck(db: Executor, volumeId: string): Promise<DeletionRow[]> {
  return db.selectFrom("deletions").selectAll()
    .where("state", "in", sql<DeletionState>`('purge_failed', 'stranded')`).where("volume_id", "=", volumeId)
    .orderBy("requested_at").execute();
}

/** What was measured of one directory before anything of it was removed; null: nobody wrote it down. */
export interface Measured {
  deletion_id: string;
  deleted_files_count: number;
  deleted_size_bytes: number;
  unmeasured_files: number;
  allocated_bytes: number | null;
  freed_bytes: number | null;
  directories_count: number | null;
  links_count: number | null;
}

const MEASURED = [
  "deleted_files_count",
  "deleted_size_bytes",
  "unmeasured_files",
  "allocated_bytes",
  "freed_bytes",
  "directories_count",
  "links_count",
] as const;

/** intent → trashed. `purge_at` null: the purge follows at once. */
export async function markTrashed(
  db: Executor,
  deletionIds: readonly string[],
  now: number,
  purgeAt: number | null,
): Promise<void> {
  await db.updateTable("deletions")
    .set({ state: "trashed", directory_deleted: 1, trashed_at: now, purge_at: purgeAt })
    .where("deletion_id", "in", idsIn(deletionIds)).where("state", "=", "intent").execute();
}

/**
 * Writes down what was measured, so that the log stays exact when a crash interrupts the removal. Once: what another look
 * at the same directory counts later is what a removal had left of it.
 */
export async function recordMeasured(db: Executor, measured: readonly Measured[]): Promise<void> {
  const never = sql`deleted_files_count is null and sequence is null`;
  await updateRows("deletions", "deletion_id", MEASURED, measured, never).execute(db);
}

/**
 * trashed or purge_failed → purged, and sealed: verified to be gone from the disk.
 *
 * @param free_bytes_change what it did to the free space; null where that cannot be said of each of them
 */
export async function markPurged(
  db: Executor,
  deletionIds: readonly string[],
  now: number,
  free_bytes_change: number | null = null,
): Promise<void> {
  await db.updateTable("deletions")
    .set((eb) => ({
      state: "purged" as const,
      finished_at: now,
      duration_ms: millisecondsBetween(eb.ref("requested_at"), now),
      free_bytes_change,
      error_code: null,
      error: null,
    }))
    .where("deletion_id", "in", idsIn(deletionIds))
    .where("state", "in", ["trashed", "purge_failed"]).execute();
  await sealDeletions(db, deletionIds);
}

/** How rows end that did not, or not yet, come to `purged`. */
export interface DeletionEnd {
  /** The states that it may come from; rows in others stay as they are. */
  from: readonly DeletionState[];
  to: "released" | "failed" | "purge_failed" | "stranded";
  now: number;
  error_code: string | null;
  error: string | null;
}

/**
 * Ends deletions that did not happen, or stopped half way in the trash, with the reason. The former are sealed; of the
 * latter it is counted how often, and kept since when.
 */
export async function endDeletions(
  db: Executor,
  deletionIds: readonly string[],
  { from, to, now, error_code, error }: DeletionEnd,
): Promise<void> {
  if (deletionIds.length === 0) return;
  const isOver = isFinal(to);
  await db.updateTable("deletions")
    .set((eb) => ({
      state: to,
      finished_at: now,
      duration_ms: millisecondsBetween(eb.ref("requested_at"), now),
      error_code,
      error,
      ...(!isOver && {
        failed_attempts: sql<number>`coalesce(${eb.ref("failed_attempts")}, 0) + 1`,
        stuck_since: eb.fn.coalesce("stuck_since", sql.lit(now)),
      }),
    }))
    .where("deletion_id", "in", idsIn(deletionIds)).where("state", "in", from).execute();
  if (isOver) await sealDeletions(db, deletionIds);
}

/** What a crash or an earlier failure left to finish on the volume, oldest first. Entries still within retention are not among it. */
export async function listUnfinished(db: Executor, volumeId: string): Promise<DeletionRow[]> {
  const left = await db.selectFrom("deletions").selectAll()
    .where("state", "in", sql<DeletionState>`('intent', 'purge_failed', 'stranded')`)
    .where("volume_id", "=", volumeId)
    .orderBy("requested_at").execute();
  const begun = await db.selectFrom("deletions").selectAll()
    .where("state", "=", sql.lit("trashed")).where("purge_at", "is", null)
    .where("volume_id", "=", volumeId)
    .orderBy("requested_at").execute();
  return [...left, ...begun];
}

/** Trash entries of the volume whose retention ended, oldest first. */
export function listDue(db: Executor, volumeId: string, now: number, limit: number): Promise<DeletionRow[]> {
  return db.selectFrom("deletions").selectAll()
    .where("state", "=", sql.lit("trashed")).where("purge_at", "<=", now)
    .where("volume_id", "=", volumeId)
    .orderBy("purge_at").limit(limit).execute();
}

/** The deletions of these ids, on any volume, whatever became of them. */
export function findDeletions(db: Executor, deletionIds: readonly string[]): Promise<DeletionRow[]> {
  return db.selectFrom("deletions").selectAll().where("deletion_id", "in", idsIn(deletionIds)).execute();
}

/** What a job attempted so far, except what was taken back: the log cannot be torn from the deletions themselves. */
export function listOfJob(
  db: Executor,
  jobId: number,
): Promise<Pick<DeletionRow, "task_id" | "state" | "error_code">[]> {
  return db.selectFrom("deletions").select(["task_id", "state", "error_code"])
    .where("job_id", "=", jobId).where("state", "!=", "released").orderBy("requested_at").execute();
}

/** What a job has freed so far, as the log has it. */
export async function sumOfJob(db: Executor, jobId: number): Promise<{ files: number; bytes: number }> {
  const row = await db.selectFrom("deletions")
    .select(sql<number>`coalesce(sum(deleted_files_count), 0)`.as("files"))
    .select(sql<number>`coalesce(sum(deleted_size_bytes), 0)`.as("bytes"))
    .where("job_id", "=", jobId).where("state", "in", ["trashed", "purged"]).executeTakeFirstOrThrow();
  return row;
}
