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
import { decideAndAsk } from "../decide_and_ask.ts";

export type { ProjectRow } from "../../db/queries/projects.ts";

const KEY_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const KEY_LENGTH = 20;

export interface ProjectsDependencies {
  database: Database;
  clock: () => number;
}

export class Projects {
  readonly #deps: ProjectsDependencies;

  constructor(dependencies: ProjectsDependencies) {
    this.#deps = dependencies;
  }

  /** @throws {PipekeepError} invalid_input; project_exists; storage_failed, when it was not written */
  async create(name: string): Promise<ProjectRow> {
    if (name.trim() === "" || name.length > 128) {
      throw new PipekeepError(
        "invalid_input",
        `--name is ${JSON.stringify(name.slice(0, 140))}, but must be 1 to 128 characters`,
      );
    }
    const { database, clock } = this.#deps;
    return await decideAndAsk(database, {
      lockIds: [],
      work: async (trx) => {
        if (await findProjectByName(trx, name) !== undefined) {
          throw new PipekeepError("project_exists", `there is a project ${JSON.stringify(name)} already`);
        }
        return await insertProject(trx, { name, project_key: randomKey(), created_at: clock() });
      },
      stands: async ({ project_key }) => await findProjectByKey(database.kysely, project_key) !== undefined,
    });
  }

  list(): Promise<ProjectRow[]> {
    return listProjects(this.#deps.database.kysely);
  }

  /** @throws {PipekeepError} project_not_found */
  async getByKey(projectKey: string): Promise<ProjectRow> {
    const project = await findProjectByKey(this.#deps.database.kysely, projectKey);
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
