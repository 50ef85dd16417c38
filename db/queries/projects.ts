/** Queries on `projects`. */
import type { Selectable } from "kysely";
import type { Executor } from "../database.ts";
import type { ProjectsTable } from "../schema.ts";

export type ProjectRow = Selectable<ProjectsTable>;

/** @throws {Error} when a project of that name exists */
export function insertProject(
  db: Executor,
  project: Omit<ProjectRow, "id">,
): Promise<ProjectRow> {
  return db.insertInto("projects").values(project).returningAll().executeTakeFirstOrThrow();
}

export function listProjects(db: Executor): Promise<ProjectRow[]> {
  return db.selectFrom("projects").selectAll().orderBy("id").execute();
}

export function findProjectByName(db: Executor, name: string): Promise<ProjectRow | undefined> {
  return db.selectFrom("projects").selectAll().where("name", "=", name).executeTakeFirst();
}

export function findProjectByKey(db: Executor, projectKey: string): Promise<ProjectRow | undefined> {
  return db.selectFrom("projects").selectAll().where("project_key", "=", projectKey).executeTakeFirst();
}
