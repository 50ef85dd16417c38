/** Projects: what jobs and background tasks belong to. `default`, with id 1, is there from the start. */
import {
  findProjectByKey,
  findProjectByName,
  insertProject,
  listProjects,
  type ProjectRow,
} from "../../db/queries/projects.ts";
import type { Database } from "../../db/database.ts";
import { PipekeepError } from "../../domain/errors.ts";

export type { ProjectRow } from "../../db/queries/projects.ts";

const KEY_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const KEY_LENGTH = 20;

export class Projects {
  constructor(private readonly database: Database, private readonly clock: () => number) {}

  /** @throws {PipekeepError} invalid_input; project_exists */
  async create(name: string): Promise<ProjectRow> {
    if (name.trim() === "" || name.length > 128) {
      throw new PipekeepError(
        "invalid_input",
        `--name is ${JSON.stringify(name.slice(0, 140))}, but must be 1 to 128 characters`,
      );
    }
    return await this.database.transaction(async (trx) => {
      if (await findProjectByName(trx, name) !== undefined) {
        throw new PipekeepError("project_exists", `there is a project ${JSON.stringify(name)} already`);
      }
      return await insertProject(trx, { name, project_key: randomKey(), created_at: this.clock() });
    });
  }

  list(): Promise<ProjectRow[]> {
    return listProjects(this.database.kysely);
  }

  /** @throws {PipekeepError} project_not_found */
  async getByKey(projectKey: string): Promise<ProjectRow> {
    const project = await findProjectByKey(this.database.kysely, projectKey);
    if (project === undefined) {
      throw new PipekeepError("project_not_found", "there is no project with this key");
    }
    return project;
  }
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
  return Array.from(bytes, (byte) => KEY_ALPHABET[byte % KEY_ALPHABET.length]).join("");
}
