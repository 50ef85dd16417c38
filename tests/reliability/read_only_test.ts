/** A disk that becomes read-only for real, as after an error: nothing is lost, and all ends when it can be written again. */
import assert from "node:assert/strict";
import type { DeletionStep } from "../../domain/deletion_states.ts";
import { Events } from "../../services/events.ts";
import { boot, exists, listTree, until, V0 } from "../_harness.ts";
import { type Disk, makeDisk, noDisks } from "../_support/loop_mount.ts";
import { assertLike, register } from "../_support/scenarios.ts";
import { count } from "./_campaign.ts";
import { logOf } from "./_workspace.ts";

const SOON = { look_ms: 5, first_ms: 10, longest_ms: 40 };
const because = noDisks === undefined ? "" : ` (ignored: ${noDisks})`;

function remount(disk: Disk, how: "ro" | "rw"): void {
  const { success, stderr } = new Deno.Command("mount", { args: ["-o", `remount,${how}`, disk.path] })
    .outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
}

interface Moment {
  from: DeletionStep | "asked";
  /** Where the directory is while the disk is read-only. */
  expected: { status: number; code: string; isInPlace: boolean; outcomes: string[] };
}

const IN_PLACE = { status: 403, code: "PERMISSION_DENIED", isInPlace: true, outcomes: ["failed"] };
const HALF_WAY = { status: 500, code: "PURGE_INCOMPLETE", isInPlace: false, outcomes: ["purge_failed"] };

const MOMENTS: Moment[] = [
  { from: "asked", expected: IN_PLACE },
  { from: "claimed", expected: IN_PLACE },
  { from: "recorded", expected: HALF_WAY },
  { from: "surveyed", expected: HALF_WAY },
];

for (const { from, expected } of MOMENTS) {
  Deno.test({
    name: `deletion on a disk that is read-only from "${from}" on, until it is not${because}`,
    ignore: noDisks !== undefined,
    fn: async () => {
      using disk = makeDisk(16);
      const events = new Events();
      const trainingData = `${disk.path}/training_data`;
      await using harness = await boot({
        config: { training_data: trainingData },
        seams: { events, retries: SOON },
      });
      await register(harness, "task_a", "other");
      Deno.mkdirSync(`${trainingData}/task_a/sub`);
      Deno.writeTextFileSync(`${trainingData}/task_a/sub/a.txt`, "12345");
      const before = listTree(`${trainingData}/task_a`);
      let stopListening = () => {};
      if (from === "asked") remount(disk, "ro");
      else stopListening = events.on("deletion.step", ({ step }) => step === from && remount(disk, "ro"));
      const { status, body } = await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true });
      const said = JSON.stringify(body);
      assert.deepEqual([status, body.error_code], [expected.status, expected.code], said);
      assert.equal(exists(`${trainingData}/task_a`), expected.isInPlace);
      if (expected.isInPlace) assert.deepEqual(listTree(`${trainingData}/task_a`), before);
      const outcomes = (await logOf(harness.url, "&task_id=task_a")).map((row) => row.outcome);
      assert.deepEqual(outcomes, expected.outcomes);
      stopListening();
      remount(disk, "rw");
      if (expected.isInPlace) {
        assert.equal((await harness.call("DELETE", `${V0}/tasks/task_a`, { confirm: true })).status, 200);
      }
      await until(
        async () => (await logOf(harness.url, "&task_id=task_a"))[0]!.outcome === "purged",
        "it ends when the disk can be written",
      );
      assertLike((await logOf(harness.url, "&task_id=task_a"))[0], {
        deleted_files_count: 1,
        deleted_size_bytes: 5,
      });
      assert.deepEqual(
        [...Deno.readDirSync(`${trainingData}/.pipekeep-trash`)].filter(({ name }) =>
          !name.startsWith(".volume-")
        ),
        [],
      );
      count("read-only disk", "faults");
    },
  });
}
