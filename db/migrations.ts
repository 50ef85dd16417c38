/** The database's history. Migrations only ever append; one that was released is never edited. */
import { type Kysely, sql } from "kysely";
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from "kysely/migration";
import taskRecords from "./migrations/sqlite/0001_task_records.sql" with { type: "text" };
import jobs from "./migrations/sqlite/0002_jobs.sql" with { type: "text" };
import backgroundTasks from "./migrations/sqlite/0003_background_tasks.sql" with { type: "text" };
import apiKeys from "./migrations/sqlite/0004_api_keys.sql" with { type: "text" };
import jobLeases from "./migrations/sqlite/0005_job_leases.sql" with { type: "text" };
import taskProjects from "./migrations/sqlite/0006_task_projects.sql" with { type: "text" };
import volumes from "./migrations/sqlite/0007_volumes.sql" with { type: "text" };
import operationLog from "./migrations/sqlite/0008_operation_log.sql" with { type: "text" };
import taskReports from "./migrations/sqlite/0009_task_reports.sql" with { type: "text" };
import { selectTable } from "./dialects/sqlite/statements.ts";
import type { Database } from "./database.ts";

const MIGRATIONS: Record<string, string> = {
  "0001_task_records": taskRecords,
  "0002_jobs": jobs,
  "0003_background_tasks": backgroundTasks,
  "0004_api_keys": apiKeys,
  "0005_job_leases": jobLeases,
  "0006_task_projects": taskProjects,
  "0007_volumes": volumes,
  "0008_operation_log": operationLog,
  "0009_task_reports": taskReports,
};

/**
 * Brings the database to this program's schema, all in one transaction. One that has it already is only looked at: a
 * command that reads does not wait for a server that writes.
 *
 * @throws {Error} when a migration fails, or the file was written by a newer program
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, text]) => [name, fromSql(text)]),
  );
  const migrator = new Migrator({
    db: database.kysely,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  });
  if (await isCurrent(database)) return;
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function isCurrent(database: Database): Promise<boolean> {
  const { kysely } = database;
  const { rows: [table] } = await selectTable(DEFAULT_MIGRATION_TABLE).execute(kysely);
  if (table === undefined) return false;
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(kysely);
  return rows.map((row) => row.name).join() === Object.keys(MIGRATIONS).sort().join();
}

function fromSql(text: string): Migration {
  return {
    async up(db: Kysely<unknown>) {
      for (const statement of statements(text)) await sql.raw(statement).execute(db);
    },
  };
}

/** Splits a migration at semicolons that end a line, keeping a trigger's body (… BEGIN … END;) in one piece. */
export function statements(text: string): string[] {
  const found: string[] = [];
  let current = "";
  let inTrigger = false;
  for (const line of text.split("\n")) {
    const code = line.replace(/--.*$/, "").trimEnd();
    if (code.trim() === "") continue;
    current += code + "\n";
    if (/\bBEGIN$/.test(code)) inTrigger = true;
    if (inTrigger ? code === "END;" : code.endsWith(";")) {
      found.push(current);
      current = "";
      inTrigger = false;
    }
  }
  return found;
}
