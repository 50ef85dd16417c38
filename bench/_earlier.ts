/** An earlier commit's program, from a checkout of it, beside the one that is measured. */
import { output, type Server, startPipekeep } from "./_harness.ts";

/** Its own code makes its records: the schema may have been another. */
const MAKE = `
const [module, folder, records] = Deno.args;
const { insertRecords } = await import(module);
Deno.mkdirSync(folder);
const places = { database: folder + "/pipekeep.db", trainingData: folder + "/training_data" };
await insertRecords({ ...places, records: Number(records) });
`;

/** @param checkout a directory, as of `git worktree add DIR COMMIT` */
export async function startEarlier(checkout: string, folder: string, records: number): Promise<Server> {
  const root = `${Deno.realPathSync(checkout)}/`;
  const script = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(script, MAKE);
    const run = ["run", "--no-prompt", "-A", "--config", `${root}deno.json`, script];
    await output(Deno.execPath(), [...run, `${root}bench/_records.ts`, folder, String(records)]);
  } finally {
    Deno.removeSync(script);
  }
  return await startPipekeep({ root, folder });
}
