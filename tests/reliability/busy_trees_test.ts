/** Trees that somebody still works in while they are deleted: gone in the end, and never called gone before. */
import assert from "node:assert/strict";
import { exists, until } from "../_harness.ts";
import { count, isLong } from "./_campaign.ts";
import { deleteTask } from "./_hostile.ts";
import { startServer, WALKS } from "./_start.ts";
import { logOf, modeOf, Workspace } from "./_workspace.ts";

const SOON = { look_ms: 20, first_ms: 50, longest_ms: 200 };
/** Makes folders and files at depth, until it may not any more; at most so many. */
const GROW = `
import os, sys
os.chdir(sys.argv[1])
os.write(1, b"begun")
for i in range(100000):
    try:
        os.mkdir("grown_%d" % i)
        if i % 7 == 0 and i < 140:
            os.chdir("grown_%d" % i)
        open("file_%d" % i, "w").close()
    except OSError:
        break
`;
/** Holds a file open, and stands in the tree. */
const HOLD = `
import os, sys
os.chdir(sys.argv[1])
file = open("held.txt", "w")
os.write(1, b"begun")
sys.stdin.read()
`;

async function begin(script: string, place: string): Promise<Deno.ChildProcess> {
  const args = ["-c", script, place];
  const process = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped" }).spawn();
  const reader = process.stdout.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /^begun/);
  await reader.cancel();
  return process;
}

async function end(process: Deno.ChildProcess): Promise<void> {
  await process.stdin.close();
  try {
    process.kill("SIGKILL");
  } catch { /* it has ended already */ }
  await process.status;
}

for (const walk of WALKS) {
  for (const [name, script] of [["grows", GROW], ["is held open", HOLD]] as const) {
    Deno.test(`deletion (${walk}) of a tree that ${name} while it is removed`, async () => {
      using workspace = new Workspace();
      workspace.makeTasks(modeOf("single"));
      await using server = await startServer(workspace.folder, { walk, retries: SOON });
      for (let i = 0; i < (isLong ? 6 : 2); i++) {
        const place = `${workspace.trainingData}/busy_${i}`;
        for (let sub = 0; sub < 20; sub++) Deno.mkdirSync(`${place}/work/sub_${sub}`, { recursive: true });
        const process = await begin(script, `${place}/work`);
        const { status, body } = await deleteTask(server.url, `busy_${i}`);
        const said = JSON.stringify(body);
        const row = (await logOf(server.url, `&task_id=busy_${i}`))[0]!;
        if (status === 200) assert.ok(!workspace.trashNames().includes(row.deletion_id), said);
        else assert.equal(body.error_code, "PURGE_INCOMPLETE", said);
        assert.ok(!exists(place));
        await end(process);
        count(`trees that are worked in, ${walk}`, "trees");
      }
      await until(() => workspace.trashNames().length === 0, "all is gone");
      workspace.assertCanary();
    });
  }
}
