/** The list of `data_pipeline_tasks`: the query that is asked most, so it is compiled once and reads arrays. */
import { type ExpressionBuilder, sql } from "kysely";
import type { TaskStatus } from "../../domain/task_states.ts";
import type { Database } from "../database.ts";
import { contains, idsNamed } from "../dialects/sqlite/statements.ts";
import { type Page, type PageRequest, Totals } from "../paging.ts";
import { QueryShapes, type ReadyQuery } from "../query_shapes.ts";
import type { Tables, TaskRow } from "../schema.ts";

/** All optional; they narrow together. Times in epoch milliseconds: from `created_after` on, before `created_before`. */
export interface TaskFilter {
  status?: TaskStatus;
  directory_exists?: boolean;
  /** Substring, as it is written. */
  task_name?: string;
  created_by?: string;
  db_name?: string;
  project_id?: number;
  created_after?: number;
  created_before?: number;
}

export type TaskListRow = Omit<
  TaskRow,
  "id" | "volume_id" | "parameters" | "result" | "error_message" | "reported_at"
>;

const LIST_COLUMNS = [
  "task_id",
  "project_id",
  "task_name",
  "task_type",
  "status",
  "step_status",
  "created_at",
  "started_at",
  "completed_at",
  "created_by",
  "db_name",
  "business_context",
  "directory_exists",
  "updated_at",
  "directory_size_bytes",
] as const;

/** A name matched by more rows than this is found faster by walking the list than by sorting all matches. */
const FEW_MATCHES = 2000;

/** What the query of a page is given, as the database has it. */
type PageValues = Omit<TaskFilter, "directory_exists"> & {
  directory_exists?: 0 | 1;
  limit: number;
  offset?: number;
  after_at?: number;
  after_id?: string;
};

export class TaskList {
  readonly #database: Database;
  readonly #totals: Totals;
  readonly #shapes = new QueryShapes<PageValues>();

  constructor(database: Database) {
    this.#database = database;
    this.#totals = new Totals({ database, table: "data_pipeline_tasks" });
  }

  /** One page of tasks, newest first (`created_at` descending, then `task_id` descending). */
  async page(filter: TaskFilter, request: PageRequest): Promise<Page<TaskListRow>> {
    const total = await this.#totals.get(JSON.stringify(filter), () => this.#count(filter));
    const rows = await this.#database.readArrays(this.#pageQuery(filter, request, total <= FEW_MATCHES));
    const hasMore = rows.length > request.limit;
    if (hasMore) rows.pop();
    return { rows: rows.map(rowOf), total, hasMore };
  }

  async #count(filter: TaskFilter): Promise<number> {
    const row = await this.#database.kysely.selectFrom("data_pipeline_tasks")
      .select(sql<number>`count(*)`.as("n"))
      .where((eb) => matches(eb, withFlag(filter), true))
      .executeTakeFirstOrThrow();
    return row.n;
  }

  #pageQuery(filter: TaskFilter, request: PageRequest, byTrigram: boolean): ReadyQuery {
    const all: PageValues = {
      ...withFlag(filter),
      limit: request.limit + 1,
      offset: request.offset === 0 ? undefined : request.offset,
      after_at: request.after?.at,
      after_id: request.after?.id,
    };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    // What a name is searched for becomes another text, see idsNamed.
    if (filter.task_name !== undefined) return this.#build(given as PageValues, byTrigram);
    return this.#shapes.ready(given as PageValues, (given) => this.#build(given, byTrigram));
  }

  #build(given: PageValues, byTrigram: boolean): ReadyQuery {
    let query = this.#database.kysely.selectFrom("data_pipeline_tasks").select(LIST_COLUMNS)
      .where((eb) => matches(eb, given, byTrigram))
      .orderBy("created_at", "desc").orderBy("task_id", "desc")
      .limit(given.limit);
    const { offset, after_at, after_id } = given;
    if (after_at !== undefined && after_id !== undefined) {
      query = query.where((eb) =>
        eb(eb.refTuple("created_at", "task_id"), "<", eb.tuple(after_at, after_id))
      );
    }
    if (offset !== undefined) query = query.offset(offset);
    return query.compile();
  }
}

function withFlag({ directory_exists, ...filter }: TaskFilter): Omit<PageValues, "limit"> {
  return directory_exists === undefined ? filter : { ...filter, directory_exists: directory_exists ? 1 : 0 };
}

function matches(
  eb: ExpressionBuilder<Tables, "data_pipeline_tasks">,
  given: Omit<PageValues, "limit">,
  byTrigram: boolean,
) {
  const all = [];
  if (given.status !== undefined) all.push(eb("status", "=", given.status));
  if (given.directory_exists !== undefined) all.push(eb("directory_exists", "=", given.directory_exists));
  if (given.created_by !== undefined) all.push(eb("created_by", "=", given.created_by));
  if (given.db_name !== undefined) all.push(eb("db_name", "=", given.db_name));
  if (given.project_id !== undefined) all.push(eb("project_id", "=", given.project_id));
  if (given.created_after !== undefined) all.push(eb("created_at", ">=", given.created_after));
  if (given.created_before !== undefined) all.push(eb("created_at", "<", given.created_before));
  if (given.task_name !== undefined) {
    const name = given.task_name;
    // A trigram index knows nothing of one or two characters.
    if (byTrigram && [...name].length >= 3) {
      all.push(eb("id", "in", idsNamed(name)));
    } else {
      all.push(contains(eb.ref("task_name"), name));
    }
  }
  return eb.and(all);
}

/** Columns in the order of LIST_COLUMNS; written out, because objects that are made alike are read fastest. */
function rowOf(columns: readonly unknown[]): TaskListRow {
  return {
    task_id: columns[0],
    project_id: columns[1],
    task_name: columns[2],
    task_type: columns[3],
    status: columns[4],
    step_status: columns[5],
    created_at: columns[6],
    started_at: columns[7],
    completed_at: columns[8],
    created_by: columns[9],
    db_name: columns[10],
    business_context: columns[11],
    directory_exists: columns[12],
    updated_at: columns[13],
    directory_size_bytes: columns[14],
  } as TaskListRow;
}
