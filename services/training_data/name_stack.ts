/** Names of subdirectories still to be visited, packed: a million of them are a million short runs of bytes. */
export class NameStack {
  #bytes = new Uint8Array(256);
  #used = 0;
  readonly #starts: number[] = [];

  /** @param name ends in NUL, wherever its view does */
  push(name: Uint8Array): void {
    const length = name.indexOf(0) + 1;
    if (this.#used + length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + length));
      bytes.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = bytes;
    }
    this.#bytes.set(name.subarray(0, length), this.#used);
    this.#starts.push(this.#used);
    this.#used += length;
  }

  /** A copy of the last one, with its NUL. */
  pop(): Uint8Array<ArrayBuffer> | undefined {
    const start = this.#starts.pop();
    if (start === undefined) return undefined;
    const name = this.#bytes.slice(start, this.#used);
    this.#used = start;
    return name;
  }
}
