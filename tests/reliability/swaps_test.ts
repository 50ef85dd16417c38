/** Somebody swaps directories for links while they are deleted: nothing outside is touched, and all goes in the end. */
import assert from "node:assert/strict";
import { call, exists, until } from "../_harness.ts";
import { count, isLong } from "./_campaign.ts";
import { deleteTask, removeHostileTrees } from "./_hostile.ts";
import { startServer, WALKS } from "./_start.ts";
import { logOf, modeOf, Workspace } from "./_workspace.ts";

const SWAP = new URL("./swap_links.py", import.meta.url).pathname;
const EXCHANGE = new URL("../_support/exchange_trash.py", import.meta.url).pathname;
const NOBODY = 65534;
/** In the long campaign and in the share, of each attack on each walk. */
const SWAPS = isLong ? 10_000 : 500;
const ROUNDS = isLong ? 20 : 1;
const SOON = { look_ms: 20, first_ms: 50, longest_ms: 200 };

/** A program that attacks, from its "begun" to the number that it prints last. */
class Attack {
  readonly #process: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  hasEnded = false;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    void process.status.then(() => this.hasEnded = true);
  }

  static async begin(args: string[]): Promise<Attack> {
    const options = { args, stdin: "piped", stdout: "piped", stderr: "null" } as const;
    const attack = new Attack(new Deno.Command("python3", options).spawn());
    assert.match((await attack.#reader.read()).value ?? "", /^begun/);
    return attack;
  }

  /** Ends it. Returns how many swaps it made. */
  async end(): Promise<number> {
    await this.#process.stdin.close();
    let said = "";
    for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read()) {
      said += read.value;
    }
    await this.#process.status;
    return Number(said);
  }
}

for (const walk of WALKS) {
  Deno.test(`deletion (${walk}) follows none of the links that its directories are swapped for`, async () => {
    using workspace = new Workspace();
    workspace.makeTasks(modeOf("single"));
    await using server = await startServer(workspace.folder, { walk, retries: SOON });
    let swaps = 0;
    for (let i = 0; i < ROUNDS || (swaps < SWAPS && i < 1000); i++) {
      const place = `${workspace.trainingData}/swapped_${i}`;
      for (let sub = 0; sub < 40; sub++) {
        // The canary's own names: a walk that was led there would find what it looks for.
        Deno.mkdirSync(`${place}/sub_${sub}/sub`, { recursive: true });
        Deno.writeTextFileSync(`${place}/sub_${sub}/precious.txt`, "x");
        Deno.writeTextFileSync(`${place}/sub_${sub}/sub/precious.txt`, "x");
      }
      const attack = await Attack.begin([SWAP, place, workspace.canary]);
      const { status, body } = await deleteTask(server.url, `swapped_${i}`);
      const entry = (await logOf(server.url, `&task_id=swapped_${i}`))[0]!;
      swaps += await attack.end();
      workspace.assertCanary();
      const said = JSON.stringify([status, body, entry]);
      if (status === 200) {
        assert.ok(!exists(place) && !workspace.trashNames().includes(entry.deletion_id), said);
      } else {assert.ok(
          ["PURGE_INCOMPLETE", "PATH_FORBIDDEN", "INTERNAL_ERROR"].includes(body.error_code),
          said,
        );}
      if (exists(place)) assert.equal((await deleteTask(server.url, `swapped_${i}`)).status, 200);
    }
    await until(() => workspace.trashNames().length === 0, "what was interrupted is gone");
    workspace.assertCanary();
    assert.ok(swaps >= SWAPS, `${swaps} swaps`);
    count(`swaps of directories for links, ${walk}`, "swaps", swaps);
  });

  Deno.test({
    name: `deletion (${walk}) as root removes nothing outside while another user exchanges the trash${
      Deno.uid() === 0 ? "" : " (ignored: this is not root)"
    }`,
    ignore: Deno.uid() !== 0,
    fn: async () => {
      using workspace = new Workspace();
      Deno.chmodSync(workspace.folder, 0o755);
      workspace.makeTasks(modeOf("single"));
      Deno.chmodSync(workspace.canary, 0o700);
      const { success } = await new Deno.Command("chown", {
        args: ["-R", String(NOBODY), workspace.trainingData],
      }).output();
      assert.ok(success);
      await using server = await startServer(workspace.folder, { walk, retries: SOON });
      const fill = (place: string) => {
        for (let sub = 0; sub < 8; sub++) {
          Deno.mkdirSync(`${place}/sub_${sub}`, { recursive: true });
          Deno.writeTextFileSync(`${place}/sub_${sub}/precious.txt`, "x");
        }
      };
      const args = [workspace.trainingData, workspace.canary, "120", String(NOBODY), String(SWAPS)];
      const attack = await Attack.begin([EXCHANGE, ...args]);
      const answers = new Map<number, number>();
      for (let i = 0; !attack.hasEnded; i++) {
        const taskId = `exchanged_${i % 20}`;
        if (!exists(`${workspace.trainingData}/${taskId}`)) fill(`${workspace.trainingData}/${taskId}`);
        const { status } = await deleteTask(server.url, taskId);
        answers.set(status, (answers.get(status) ?? 0) + 1);
        workspace.assertCanary();
      }
      const swaps = await attack.end();
      workspace.assertCanary();
      assert.equal((await call(server.url, "GET", "/healthz")).status, 200);
      assert.ok(swaps >= SWAPS, `${swaps} exchanges; answers ${[...answers]}`);
      count(`exchanges of the trash by another user, ${walk}`, "swaps", swaps);
      console.log(
        `${walk}: ${swaps} exchanges; answers ${
          [...answers].map(([status, n]) => `${status}: ${n}`).join(", ")
        }`,
      );
      await server[Symbol.asyncDispose]();
      await removeHostileTrees(workspace);
    },
  });
}
