/**
 * What SQLite says in its own way: lists in JSON parameters, so that a statement stays the same whatever their number,
 * index hints, full text, and a few functions.
 *
 * @module
 */
import { type Expression, type RawBuilder, sql } from "kysely";
import { jsonParameter } from "./bindable.ts";
import type { BackgroundTaskRow, DeletionRow } from "../../schema.ts";
import type { TableName } from "../../database.ts";

/** A list of ids as one parameter. @throws {UnbindableText} */
export function idsIn(ids: readonly string[]): RawBuilder<string> {
  return sql`(select value from json_each(${jsonParameter(ids)}))`;
}

/** Inserts rows that all have the columns of the first, as one parameter. @throws {UnbindableText} */
export function insertRows(table: TableName, rows: readonly [object, ...object[]]): RawBuilder<unknown> {
  const columns = Object.keys(rows[0]);
  return sql`
    insert into ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))})
    select ${sql.join(columns.map((name) => sql`j.value ->> ${sql.lit(name)}`))}
    from json_each(${jsonParameter(rows)}) as j`;
}

/** Sets these columns of the rows that `key` names and `only` holds of, each row to its own values. @throws {UnbindableText} */
export function updateRows<Row extends object>(
  table: TableName,
  key: keyof Row & string,
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
  only: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const value = (name: string) => sql`j.value ->> ${sql.lit(name)}`;
  return sql`
    update ${sql.table(table)} set
      ${sql.join(columns.map((name) => sql`${sql.ref(name)} = ${value(name)}`))}
    from json_each(${jsonParameter(rows)}) as j
    where ${sql.ref(`${table}.${key}`)} = ${value(key)} and ${only}`;
}

/** Those of `taskIds` that a deletion on the volume is busy with. @throws {UnbindableText} */
export function selectUnderWay(
  volumeId: string,
  taskIds: readonly string[],
): RawBuilder<{ task_id: string }> {
  // The index is named: the planner would rather read everything that waits in the trash.
  return sql`
    select task_id from deletions indexed by deletions_under_way
    where (state = 'intent' or (state = 'trashed' and purge_at is null))
      and volume_id = ${volumeId} and task_id in ${idsIn(taskIds)}`;
}

/** Deletions that are final and not sealed, the first `limit` by when they ended. */
export function selectUnsealed(limit: number): RawBuilder<DeletionRow> {
  return sql`select * from ${UNSEALED} order by finished_at, deletion_id limit ${limit}`;
}

/** How many {@linkcode selectUnsealed} would find. */
export function countUnsealedRows(): RawBuilder<{ n: number }> {
  return sql`select count(*) as n from ${UNSEALED}`;
}

// The index is named, and has the same condition: the planner would rather read all that are final.
const UNSEALED = sql`
  deletions indexed by deletions_unsealed
  where sequence is null and state in ('purged', 'released', 'failed', 'restored')`;

/** Those of `known` (id → version) that are in another version now. */
export function selectNewer(known: ReadonlyMap<number, number>): RawBuilder<BackgroundTaskRow> {
  return sql`
    select t.* from json_each(${jsonParameter([...known])}) as k
    join background_tasks as t on t.id = k.value ->> 0
    where t.version > k.value ->> 1`;
}

/** The `limit` tasks whose lease ran out longest before `now`: to pending, or to failed when no attempt is left. */
export function updateExpired(now: number, limit: number): RawBuilder<BackgroundTaskRow> {
  return sql`
    update background_tasks set
      status = iif(attempts < max_attempts, 'pending', 'failed'),
      completed_at = iif(attempts < max_attempts, null, ${now}),
      error_message = iif(attempts < max_attempts, '',
        format('the lease ran out in attempt %d of %d; its worker was %s', attempts, max_attempts, worker)),
      worker = iif(attempts < max_attempts, null, worker),
      version = version + 1,
      lease_token = null,
      lease_seconds = null,
      lease_expires_at = null
    where id in (
      select id from background_tasks
      where lease_expires_at <= ${now}
      order by lease_expires_at limit ${limit})
    returning *`;
}

/** The ids of the tasks whose name contains `part`, by trigram: at least three characters, as they are written. */
export function idsNamed(part: string): RawBuilder<number> {
  const phrase = `"${part.replaceAll('"', '""')}"`;
  return sql`(select rowid from task_names where task_names = ${phrase})`;
}

/** Whether a text contains `part`, as it is written. */
export function contains(text: Expression<string | null>, part: string): RawBuilder<boolean> {
  return sql`instr(${text}, ${part}) > 0`;
}

/** Milliseconds from `from` to `to`, and 0 when the clock was set back between them. */
export function millisecondsBetween(from: Expression<number>, to: number): RawBuilder<number> {
  return sql`max(0, ${to} - ${from})`;
}

/** One row when there is a table of this name, else none. */
export function selectTable(name: string): RawBuilder<unknown> {
  return sql`select 1 from sqlite_schema where type = 'table' and name = ${name}`;
}
