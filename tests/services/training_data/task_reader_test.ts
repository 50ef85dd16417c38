import assert from "node:assert/strict";
import { makeLinkFreeRoot, removeLinkFreeRoot } from "../../../services/training_data/link_free.ts";
import { TaskReader } from "../../../services/training_data/task_reader.ts";

const PAGE = { after: undefined, limit: 10 };
const TAIL = { before: undefined, limit: 10, levels: undefined };

Deno.test("TaskReader answers each asker, gives errors with their code, and begins anew after close", async () => {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep_reader_" }));
  for (const name of ["t", "u", ".pipekeep-trash"]) Deno.mkdirSync(`${root}/${name}`);
  Deno.writeTextFileSync(`${root}/t/data_pipeline.log`, "x\n");
  const linkFree = makeLinkFreeRoot(root, Deno.lstatSync(root).dev);
  const reader = new TaskReader();
  try {
    for (let round = 0; round < 2; round++) {
      await reader.warm();
      const [files, none, log, gone] = await Promise.allSettled([
        reader.list(linkFree, "t", PAGE),
        reader.list(linkFree, "u", PAGE),
        reader.tail(linkFree, "t", TAIL),
        reader.tail(linkFree, "nothing", TAIL),
      ]);
      assert.ok(files.status === "fulfilled" && files.value.files[0]!.path === "data_pipeline.log");
      assert.ok(none.status === "fulfilled" && none.value.files.length === 0);
      assert.ok(log.status === "fulfilled" && log.value.entries[0]!.message === "x");
      assert.ok(gone.status === "rejected");
      assert.equal(gone.reason.code, "task_directory_gone");
      assert.deepEqual(gone.reason.details.task_id, "nothing");
      const waiting = reader.list(linkFree, "t", PAGE);
      reader.close();
      reader.close();
      await assert.rejects(waiting, /the program is stopping/);
    }
    removeLinkFreeRoot(linkFree);
    await assert.rejects(reader.list(linkFree, "t", PAGE), { name: "LinksGone" });
  } finally {
    reader.close();
    Deno.removeSync(root, { recursive: true });
  }
});
