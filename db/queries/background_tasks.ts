/** Queries on `background_tasks`. */
import type { BackgroundTaskStatus, BackgroundTaskType } from "../../domain/background_task_states.ts";
import { type ExpressionBuilder, type RawBuilder, sql } from "kysely";
import { selectNewer, updateExpired } from "../dialects/sqlite/statements.ts";
import { Totals } from "../paging.ts";
import type { BackgroundTaskRow, NewBackgroundTask, Tables } from "../schema.ts";
import type { Database, Executor } from "../database.ts";

/** Both optional; they narrow together. */
export interface BackgroundTaskFilter {
  project_id?: number;
  status?: BackgroundTaskStatus;
}

const LIST_COLUMNS = ["id", "project_id", "task_type", "status", "progress", "total", "created_at"] as const;

export type BackgroundTaskListRow = Pick<BackgroundTaskRow, typeof LIST_COLUMNS[number]>;

export class BackgroundTaskList {
  #database: Database;
  #totals: Totals;

  constructor(database: Database) {
    this.#database = database;
    this.#totals = new Totals({ database, table: "background_tasks" });
  }

  /** Newest first: `created_at`, then `id`, descending. */
  rows(filter: BackgroundTaskFilter, limit: number, offset = 0): Promise<BackgroundTaskListRow[]> {
    return this.#database.kysely.selectFrom("background_tasks").select(LIST_COLUMNS)
      .where((eb) => matches(eb, filter))
      .orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).offset(offset).execute();
  }

  /** How many match, exactly. */
  total(filter: BackgroundTaskFilter): Promise<number> {
    return this.#totals.get(JSON.stringify([filter.project_id, filter.status]), async () => {
      const row = await this.#database.kysely.selectFrom("background_tasks")
        .select(sql<number>`count(*)`.as("n"))
        .where((eb) => matches(eb, filter)).executeTakeFirstOrThrow();
      return row.n;
    });
  }
}

function matches(eb: ExpressionBuilder<Tables, "background_tasks">, filter: BackgroundTaskFilter) {
  const all = [];
  if (filter.project_id !== undefined) all.push(eb("project_id", "=", filter.project_id));
  if (filter.status !== undefined) all.push(eb("status", "=", filter.status));
  return eb.and(all);
}

export function findBackgroundTask(db: Executor, id: number): Promise<BackgroundTaskRow | undefined> {
  return db.selectFrom("background_tasks").selectAll().where("id", "=", id).executeTakeFirst();
}

/** The task that this project made with this key. */
export function findByIdempotencyKey(
  db: Executor,
  projectId: number,
  key: string,
): Promise<BackgroundTaskRow | undefined> {
  return db.selectFrom("background_tasks").selectAll()
    .where("project_id", "=", projectId).where("idempotency_key", "=", key).executeTakeFirst();
}

export async function projectExists(db: Executor, projectId: number): Promise<boolean> {
  const row = await db.selectFrom("projects").select("id").where("id", "=", projectId).executeTakeFirst();
  return row !== undefined;
}

export function insertBackgroundTask(db: Executor, task: NewBackgroundTask): Promise<BackgroundTaskRow> {
  return db.insertInto("background_tasks").values(task).returningAll().executeTakeFirstOrThrow();
}

/** Changes a task, whose `version` goes up. */
export function updateBackgroundTask(
  db: Executor,
  id: number,
  changes: Partial<Omit<BackgroundTaskRow, "id" | "version">>,
): Promise<BackgroundTaskRow> {
  return db.updateTable("background_tasks")
    .set((eb) => ({ ...changes, version: eb("version", "+", 1) }))
    .where("id", "=", id).returningAll().executeTakeFirstOrThrow();
}

/** Lets a lease last until `expiresAt`: nothing that a reader of the task sees. */
export function extendLease(db: Executor, id: number, expiresAt: number): Promise<BackgroundTaskRow> {
  return db.updateTable("background_tasks").set({ lease_expires_at: expiresAt })
    .where("id", "=", id).returningAll().executeTakeFirstOrThrow();
}

/** Makes those claimable whose `run_at` has come. */
export async function admitDue(db: Executor, now: number): Promise<void> {
  // Spelt out, here and below: the planner takes a partial index only where its condition stands in the text.
  await sql`update background_tasks set due = 1 where due = 0 and run_at <= ${now}`.execute(db);
}

export interface Claim {
  /** Not empty, without duplicates. */
  task_types: readonly BackgroundTaskType[];
  worker: string;
  lease_token: string;
  lease_seconds: number;
}

/** Gives the next pending task of these types to a worker, in one statement; undefined when there is none. */
export async function claimNext(
  db: Executor,
  claim: Claim,
  now: number,
): Promise<BackgroundTaskRow | undefined> {
  // The first of each type, then the first of those: each is one step into the index, however many tasks wait.
  const firsts = claim.task_types.toSorted().map((type): RawBuilder<unknown> =>
    sql`select * from (
      select id, priority, created_at from background_tasks
      where status = 'pending' and due = 1 and task_type = ${type}
      order by priority desc, created_at, id limit 1)`
  );
  const { rows } = await sql<BackgroundTaskRow>`
    update background_tasks set
      status = 'running',
      attempts = attempts + 1,
      version = version + 1,
      started_at = coalesce(started_at, ${now}),
      worker = ${claim.worker},
      lease_token = ${claim.lease_token},
      lease_seconds = ${claim.lease_seconds},
      lease_expires_at = ${now + claim.lease_seconds * 1000}
    where id = (
      select id from (${sql.join(firsts, sql` union all `)})
      order by priority desc, created_at, id limit 1)
    returning *`.execute(db);
  return rows[0];
}

/** Whether any lease ran out at `now`. */
export async function hasExpiredLeases(db: Executor, now: number): Promise<boolean> {
  const row = await db.selectFrom("background_tasks").select("id")
    .where("lease_expires_at", "<=", now).limit(1).executeTakeFirst();
  return row !== undefined;
}

/**
 * Takes back at most `limit` tasks whose lease ran out at `now`, the longest overdue first: to pending, or to failed
 * when no attempt is left. What was reported of their progress stays.
 */
export async function expireLeases(db: Executor, now: number, limit: number): Promise<BackgroundTaskRow[]> {
  const { rows } = await updateExpired(now, limit).execute(db);
  return rows;
}

/** Those of `known` (id → version) that are in another version now. */
export async function listNewer(
  db: Executor,
  known: ReadonlyMap<number, number>,
): Promise<BackgroundTaskRow[]> {
  const { rows } = await selectNewer(known).execute(db);
  return rows;
}
