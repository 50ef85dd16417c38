/**
 * Whole answers, kept while nothing changes. Dashboards and scripts ask for the same page again and again; as long as
 * no row of the database changed (by this process or another), the same text is the true answer.
 *
 * @module
 */
import { LRUCache } from "lru-cache";

/** Bytes of all texts and their keys together. */
const MAX_BYTES = 32 * 1024 * 1024;
/** An entry costs more than its characters. */
const MAX_ENTRIES = 5_000;
const BYTES_PER_CHARACTER = 2;
/** Spellings of questions whose key is known without reading them again, and how long such a spelling may be. */
const MAX_SPELLINGS = 1_000;
const MAX_SPELLING_CHARACTERS = 512;

/** A question that was read: what it means, and how to answer it. */
export interface Question {
  /** See {@linkcode cacheKey}. */
  key: string;
  make: () => Promise<string>;
}

/** An answer, and the entity tag that names its text. */
export interface Remembered {
  text: string;
  etag: string;
}

export interface ResponseCacheDependencies {
  /** Differs whenever any row may have changed. */
  changeToken: () => Promise<string>;
}

/** Remembers texts by what was asked; when it is full, those that nobody asked for longest go. */
export class ResponseCache {
  readonly #deps: ResponseCacheDependencies;
  #token = "";
  #texts = new LRUCache<string, Remembered>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ text }, key) => (text.length + key.length) * BYTES_PER_CHARACTER,
  });

  /** To read a question takes as long as to send the answer. */
  #keys = new LRUCache<string, string>({ max: MAX_SPELLINGS });

  constructor(dependencies: ResponseCacheDependencies) {
    this.#deps = dependencies;
  }

  /** How many texts it holds, and the bytes of them and their keys. */
  get extent(): { entries: number; bytes: number } {
    return { entries: this.#texts.size, bytes: this.#texts.calculatedSize };
  }

  /**
   * The text that the question's `make` makes, or made for the same key since the last change.
   *
   * @param spelling the question as it was put; it always means the same
   */
  async get(spelling: string, read: () => Promise<Question>): Promise<Remembered> {
    const token = await this.#deps.changeToken();
    if (token !== this.#token) {
      this.#texts.clear();
      this.#token = token;
    }
    const knownKey = this.#keys.get(spelling);
    const answered = knownKey === undefined ? undefined : this.#texts.get(knownKey);
    if (answered !== undefined) return answered;
    const { key, make } = await read();
    if (spelling.length <= MAX_SPELLING_CHARACTERS) this.#keys.set(spelling, key);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = await make();
    // Only now: it takes a start several milliseconds.
    const { createHash } = await import("node:crypto");
    const made = { text, etag: `"${createHash("sha256").update(text).digest("base64url")}"` };
    // What changed while it was made may or may not be in it.
    if (this.#token === token && await this.#deps.changeToken() === token) this.#texts.set(key, made);
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
