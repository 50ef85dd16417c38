/** Runs commands in a temporary folder, on the database that they make there. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { runProcess } from "../../_process.ts";

export class Host implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "pipekeep_command_" });

  run(...args: string[]) {
    return runProcess({ args, cwd: this.folder });
  }

  /** What the command prints when it succeeds, as JSON. */
  // deno-lint-ignore no-explicit-any
  async json(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await this.run(...args, "--json");
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    return JSON.parse(stdout);
  }

  /** Asserts that the command is refused with one line, and that no row of the database changed. */
  async refused(args: string[], code: number, ...parts: string[]): Promise<void> {
    const before = this.rows();
    const result = await this.run(...args);
    assert.equal(result.code, code, result.stderr);
    assert.equal(result.stdout, "");
    assert.match(result.stderr, /^pipekeep: [^\n]+\n$/);
    for (const part of parts) assert.ok(result.stderr.includes(part), `${result.stderr} lacks ${part}`);
    assert.deepEqual(this.rows(), before);
  }

  /** Keys and projects as they stand; none before the first command made the database. */
  rows(): unknown {
    const path = `${this.folder}/pipekeep.db`;
    if (![...Deno.readDirSync(this.folder)].some(({ name }) => name === "pipekeep.db")) return undefined;
    using database = new DatabaseSync(path);
    return ["api_keys", "projects"].map((table) => database.prepare(`SELECT * FROM ${table}`).all());
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}
