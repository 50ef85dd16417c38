/** What resists being removed from the trash: it is tried again, and nobody is told that it is gone before it is. */
import assert from "node:assert/strict";
import { type Answer, boot, exists, type Harness, listTree, V0 } from "../../_harness.ts";
import { Events } from "../../../services/events.ts";
import { canLock, lockDirectory } from "../../_support/locked.ts";
import { assertLike, register } from "../../_support/scenarios.ts";

function trashOf(harness: Harness): string[] {
  return listTree(`${harness.trainingData}/.pipekeep-trash`).filter((name) =>
    !/^\.(volume|receipt)-/.test(name)
  );
}

Deno.test("a tree in which a process goes on writing is gone, or said not to be, and gone with the next deletion", async () => {
  await using harness = await boot();
  for (let i = 0; i < 8; i++) {
    const id = `task_${i}`;
    await register(harness, id);
    harness.fill(id, Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`sub/${n}`, "x"])));
    const writer = new Deno.Command("bash", {
      args: ["-c", "echo begun; for ((i = 0; i < 2000000; i++)); do : > w$((i % 50)); done 2>/dev/null"],
      cwd: `${harness.trainingData}/${id}/sub`,
      stdout: "piped",
    }).spawn();
    let first: Answer;
    try {
      const reader = writer.stdout.getReader();
      await reader.read();
      first = await harness.call("DELETE", `${V0}/tasks/${id}`, { confirm: true });
      await reader.cancel();
    } finally {
      writer.kill("SIGKILL");
      await writer.status;
    }
    if (first.status !== 200) {
      assertLike(first, { status: 500, body: { error_code: "PURGE_INCOMPLETE" } });
      assertLike(await harness.call("DELETE", `${V0}/tasks/${id}`, { confirm: true }), {
        status: 200,
        body: { data: { directory_deleted: true } },
      });
    }
    assert.deepEqual(trashOf(harness), [], JSON.stringify(first.body));
  }
});

Deno.test({
  name: "a second deletion resumes the purge of the first, or says that it is incomplete",
  // A directory that resists in the trash: as root, by a flag of the file system.
  ignore: Deno.uid() !== 0 || !canLock(),
  fn: async () => {
    for (const delete_database_records of [false, true]) {
      const events = new Events();
      await using harness = await boot({ seams: { events } });
      await register(harness, "task_a", "other");
      harness.fill("task_a", { "sub/a.txt": "12345", "b.txt": "1" });
      const options = { confirm: true, delete_database_records };
      const remains = () =>
        `${harness.trainingData}/.pipekeep-trash/${trashOf(harness)[0]!.split("/")[0]}/sub`;
      {
        // Nothing could be seen of it beforehand.
        let lock: Disposable | undefined;
        const stopListening = events.on("deletion.step", ({ step }) => {
          if (step === "recorded") lock ??= lockDirectory(remains());
        });
        try {
          for (let i = 0; i < 2; i++) {
            const { status, body } = await harness.call("DELETE", `${V0}/tasks/task_a`, options);
            assert.equal(status, 500, JSON.stringify(body));
            assertLike(body, { success: false, error_code: "PURGE_INCOMPLETE" });
            assert.ok(exists(`${remains()}/a.txt`));
          }
          const { body } = await harness.call("GET", `${V0}/deletions?outcome=stuck`);
          const [stuck, ...more] = body.data.deletions;
          assert.equal(more.length, 0);
          assertLike(stuck, {
            outcome: "purge_failed",
            error_code: "PERMISSION_DENIED",
            error_detail: (text: string) => text !== "" && !text.includes(harness.folder),
            failed_attempts: (times: number) => times >= 2,
            stuck_since: /^\d{4}-/,
            sequence: null,
          });
        } finally {
          stopListening();
          lock?.[Symbol.dispose]();
        }
      }
      const { status, body } = await harness.call("DELETE", `${V0}/tasks/task_a`, options);
      assert.equal(status, 200, JSON.stringify(body));
      assertLike(body, {
        message: "任务目录删除成功",
        data: { directory_deleted: true, deleted_size_bytes: 6 },
      });
      assert.deepEqual(trashOf(harness), []);
      const log = (await harness.call("GET", `${V0}/deletions?task_id=task_a`)).body.data.deletions;
      const bytes = log.reduce(
        (sum: number, row: { deleted_size_bytes: number }) => sum + row.deleted_size_bytes,
        0,
      );
      assert.equal(bytes, 6, "each byte is counted once");
      assert.ok(
        ![...Deno.readDirSync(`${harness.trainingData}/.pipekeep-trash`)].some(({ name }) =>
          name.includes("receipt")
        ),
      );
    }
  },
});
