/** What a power cut brings back into the trash after its row was sealed. */
import assert from "node:assert/strict";
import { boot, exists, type Harness, until, V0 } from "../../_harness.ts";
import { assertLike, register } from "../../_support/scenarios.ts";
import { withStore } from "../../_support/store.ts";

const rowsOf = (harness: Harness) =>
  withStore(harness, (store) => store.prepare("SELECT * FROM deletions ORDER BY rowid").all());
const inTrash = (harness: Harness, id: unknown) => `${harness.trainingData}/.pipekeep-trash/${id}`;

Deno.test("a removal that a power cut undid is made again, under a row of its own", async () => {
  await using harness = await boot();
  await register(harness, "a", "other");
  harness.fill("a", { x: "123" });
  await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
  const [before] = rowsOf(harness);
  await harness.restart();
  await harness.app.stop();
  Deno.mkdirSync(inTrash(harness, before!.deletion_id));
  Deno.writeTextFileSync(`${inTrash(harness, before!.deletion_id)}/x`, "12");
  await harness.restart();
  await until(() => rowsOf(harness)[1]?.state === "purged", "it is purged again");
  const [row, again, ...more] = rowsOf(harness);
  assert.deepEqual(row, before);
  assert.equal(more.length, 0);
  assertLike(again, { task_id: "a", state: "purged", sequence: 2, deleted_size_bytes: 2, job_id: null });
  for (const id of [row!.deletion_id, again!.deletion_id]) assert.ok(!exists(inTrash(harness, id)));
  assertLike(await harness.app.verifyLog(), { valid: true, checked: 2 });
});

Deno.test("a putting back that a power cut undid is made again, or waits whole where the place is taken", async () => {
  for (const taken of [false, true]) {
    await using harness = await boot();
    await register(harness, "other");
    await harness.call("DELETE", `${V0}/tasks/a`, { confirm: true });
    const [before] = rowsOf(harness);
    assert.equal(before!.state, "failed");
    await harness.restart();
    await harness.app.stop();
    Deno.mkdirSync(inTrash(harness, before!.deletion_id));
    if (taken) Deno.mkdirSync(`${harness.trainingData}/a`);
    await harness.restart();
    const [row, again, ...more] = rowsOf(harness);
    assert.deepEqual(row, before);
    assert.equal(more.length, 0);
    assertLike(again, taken ? { state: "stranded", sequence: null } : { state: "released", sequence: 2 });
    assert.equal(exists(inTrash(harness, again!.deletion_id)), taken);
    assert.ok(exists(`${harness.trainingData}/a`));
    assert.ok(!exists(inTrash(harness, before!.deletion_id)));
  }
});
