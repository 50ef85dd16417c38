/**
 * Whole answers, remembered while nothing changes. Dashboards and scripts ask for the same page again and again; as
 * long as no row of the database changed (by this process or another), the same text is the true answer.
 *
 * @module
 */

/** Characters of all remembered answers together; past that, memory starts afresh. */
const CAPACITY = 16 * 1024 * 1024;

export class Answers {
  #token = "";
  #texts = new Map<string, string>();
  #size = 0;

  /** @param changeToken differs whenever any row may have changed */
  constructor(private readonly changeToken: () => Promise<string>) {}

  /** The text that `make` makes, or made for the same `key` since the last change. */
  async get(key: string, make: () => Promise<string>): Promise<string> {
    const token = await this.changeToken();
    if (token !== this.#token) {
      this.#forget();
      this.#token = token;
    }
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = await make();
    // What changed while it was made may or may not be in it.
    if (await this.changeToken() === token && this.#token === token) this.#remember(key, text);
    return text;
  }

  #remember(key: string, text: string): void {
    if (this.#size + text.length > CAPACITY) this.#forget();
    this.#texts.set(key, text);
    this.#size += text.length;
  }

  #forget(): void {
    this.#texts.clear();
    this.#size = 0;
  }
}
