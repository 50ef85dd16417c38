/**
 * API keys: `pk_<key id>_<secret>`. Made and revoked on the host, shown once, kept as a hash (api.md 4).
 *
 * Every look goes to memory, and memory is read anew whenever a key may have changed, by this process or
 * another: a key that the command line revoked stops working with the next request.
 *
 * @module
 */
import type { Role } from "../../domain/roles.ts";
import { insertApiKey, listApiKeys, revokeApiKey } from "../../db/queries/api_keys.ts";
import type { ApiKeyRow } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import { PipekeepError } from "../../domain/errors.ts";
import { decideAndAsk } from "../decide_and_ask.ts";

export type { ApiKeyRow } from "../../db/schema.ts";

const KEY = /^pk_([0-9a-f]{12})_[0-9a-f]{48}$/;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;

/** A key as it is shown, once. */
export interface NewApiKey {
  name: string;
  role: Role;
  api_key: string;
}

export interface ApiKeysDependencies {
  database: Database;
  clock: () => number;
}

export class ApiKeys {
  readonly #deps: ApiKeysDependencies;
  #token: string | undefined;
  #keys: ReadonlyMap<string, ApiKeyRow> = new Map();

  constructor(dependencies: ApiKeysDependencies) {
    this.#deps = dependencies;
  }

  /**
   * @throws {PipekeepError} invalid_input; key_exists, when a valid key has that name; storage_failed, when it was not
   * written
   */
  async create(name: string, role: Role): Promise<NewApiKey> {
    if (!NAME.test(name)) {
      throw new PipekeepError(
        "invalid_input",
        `--name is ${JSON.stringify(name)}, but must be 1 to 64 letters, digits, spaces or . _ @ -`,
      );
    }
    const key_id = randomHex(6);
    const api_key = `pk_${key_id}_${randomHex(24)}`;
    const hash = (await hashOf(api_key)).toString("hex");
    const { database, clock } = this.#deps;
    await decideAndAsk(database, {
      lockIds: [],
      work: async (trx) => {
        if (isValid(await listApiKeys(trx), name)) {
          throw new PipekeepError(
            "key_exists",
            `there is a key ${JSON.stringify(name)} already; revoke it first`,
          );
        }
        await insertApiKey(trx, { key_id, name, role, hash, created_at: clock(), revoked_at: null });
      },
      stands: async () => (await this.list()).some((key) => key.key_id === key_id),
    });
    return { name, role, api_key };
  }

  /** All keys, revoked ones too, oldest first. */
  list(): Promise<ApiKeyRow[]> {
    return listApiKeys(this.#deps.database.kysely);
  }

  /**
   * @throws {PipekeepError} key_not_found, when no valid key has that name; storage_failed, when it is valid still
   */
  async revoke(name: string): Promise<void> {
    const { database, clock } = this.#deps;
    const wasValid = await decideAndAsk(database, {
      lockIds: [],
      work: (trx) => revokeApiKey(trx, name, clock()),
      // Revoked by somebody else meanwhile is revoked as well.
      stands: async () => !isValid(await this.list(), name),
    });
    if (!wasValid) {
      throw new PipekeepError("key_not_found", `there is no valid key ${JSON.stringify(name)}`);
    }
  }

  /** Whether a key was ever made, valid or not: from then on strangers are not let in. */
  async wereMade(): Promise<boolean> {
    return (await this.#current()).size > 0;
  }

  /** The valid key that these words are, or undefined. Compares hashes, in constant time. */
  async find(apiKey: string): Promise<ApiKeyRow | undefined> {
    const row = (await this.#current()).get(KEY.exec(apiKey)?.[1] ?? "");
    // An unknown key is compared all the same, with nothing.
    const known = row === undefined ? Buffer.alloc(32) : Buffer.from(row.hash, "hex");
    const { timingSafeEqual } = await import("node:crypto");
    const isEqual = timingSafeEqual(known, await hashOf(apiKey));
    return isEqual && row !== undefined && row.revoked_at === null ? row : undefined;
  }

  /** Whoever asks gets what it read itself: another look that began earlier may end later. */
  async #current(): Promise<ReadonlyMap<string, ApiKeyRow>> {
    const token = await this.#deps.database.changeToken("api_keys");
    if (token === this.#token) return this.#keys;
    const rows = await listApiKeys(this.#deps.database.kysely);
    const keys = new Map(rows.map((row) => [row.key_id, row]));
    this.#keys = keys;
    this.#token = token;
    return keys;
  }
}

/** Whether a key of that name is valid. */
function isValid(keys: readonly ApiKeyRow[], name: string): boolean {
  return keys.some((key) => key.name === name && key.revoked_at === null);
}

/** Imports when called: Node's module takes a start several milliseconds, and most starts need no hash. */
async function hashOf(apiKey: string): Promise<Buffer> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(apiKey).digest();
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, "0"))
    .join("");
}
