/**
 * Whole answers, kept while nothing changes. Dashboards and scripts ask for the same page again and again; as long as
 * no row of the database changed (by this process or another), the same text is the true answer.
 *
 * @module
 */
import { LRUCache } from "lru-cache";

/** Bytes of all answers and their keys together. */
const MAX_BYTES = 32 * 1024 * 1024;
/** An entry costs more than its characters. */
const MAX_ENTRIES = 5_000;
const BYTES_PER_CHARACTER = 2;
const encoder = new TextEncoder();
/** Spellings of questions whose key is known without reading them again, and how long such a spelling may be. */
const MAX_SPELLINGS = 1_000;
const MAX_SPELLING_CHARACTERS = 512;

/** A question that was read: what it means, and how to answer it. */
export interface Question {
  /** See {@linkcode cacheKey}. */
  key: string;
  make: () => Promise<string>;
}

/** An answer's text as UTF-8, and the entity tag that names it. To make bytes of a text takes longer than to send them. */
export interface Remembered {
  body: Uint8Array<ArrayBuffer>;
  etag: string;
}

export interface ResponseCacheDependencies {
  /** Differs whenever any row may have changed; as of `since` (of `performance.now()`) or later. */
  changeToken: (since: number) => Promise<string>;
}

/** Remembers answers by what was asked; when it is full, those that nobody asked for longest go. */
export class ResponseCache {
  readonly #deps: ResponseCacheDependencies;
  #token = "";
  #answers = new LRUCache<string, Remembered>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }, key) => body.byteLength + key.length * BYTES_PER_CHARACTER,
  });

  /** To read a question takes as long as to send the answer. */
  #keys = new LRUCache<string, string>({ max: MAX_SPELLINGS });

  constructor(dependencies: ResponseCacheDependencies) {
    this.#deps = dependencies;
  }

  /** How many answers it holds, and the bytes of them and their keys. */
  get extent(): { entries: number; bytes: number } {
    return { entries: this.#answers.size, bytes: this.#answers.calculatedSize };
  }

  /**
   * What the question's `make` makes, or made for the same key since the last change.
   *
   * @param spelling the question as it was put; it always means the same
   * @param arrived when it was put, of `performance.now()`: the answer is true as of then or later
   */
  async get(
    spelling: string,
    read: () => Promise<Question>,
    arrived = performance.now(),
  ): Promise<Remembered> {
    const token = await this.#deps.changeToken(arrived);
    if (token !== this.#token) {
      this.#answers.clear();
      this.#token = token;
    }
    const knownKey = this.#keys.get(spelling);
    const answered = knownKey === undefined ? undefined : this.#answers.get(knownKey);
    if (answered !== undefined) return answered;
    const { key, make } = await read();
    if (spelling.length <= MAX_SPELLING_CHARACTERS) this.#keys.set(spelling, key);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const body = encoder.encode(await make());
    // Only now: it takes a start several milliseconds.
    const { hash } = await import("node:crypto");
    const made = { body, etag: `"${hash("sha256", body, "base64url")}"` };
    // What changed while it was made may or may not be in it.
    if (this.#token === token && await this.#deps.changeToken(Infinity) === token) {
      this.#answers.set(key, made);
    }
    return made;
  }
}

/** Whether `If-None-Match` names this text; a proxy or compression may have made the tag a weak one. */
export function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

/** The key of a question: the same for the same meaning, however its query was written. */
export function cacheKey(path: string, query: Record<string, unknown>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? path : path + JSON.stringify(given.sort(([a], [b]) => a < b ? -1 : 1));
}
