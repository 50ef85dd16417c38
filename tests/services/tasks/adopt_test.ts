import assert from "node:assert/strict";
import { adopt, STILL_RUNNING_MS } from "../../../services/tasks/adopt.ts";
import { openTestVolume, type TestVolume } from "../../_support/volume.ts";

const NOW = new Date(2026, 0, 10, 12).getTime();
const MINUTE = 60_000;

function age(volume: TestVolume, path: string, minutes: number): void {
  const at = new Date(NOW - minutes * MINUTE);
  Deno.utimeSync(`${volume.path}/${path}`, at, at);
}

/** Id → minutes since the directory, a file in it and a file below changed → status, created and completed. */
const CASES: [id: string, directory: number, file: number, below: number, status: string, created: number][] =
  [
    ["plain", 120, 61, 61, "completed", NOW - 120 * MINUTE],
    ["fresh_file", 120, 59, 120, "running", NOW - 120 * MINUTE],
    ["fresh_directory", 59, 120, 120, "running", NOW - 59 * MINUTE],
    ["fresh_below_only", 120, 90, 1, "completed", NOW - 120 * MINUTE],
    ["task_20250702_223802", 120, 61, 61, "completed", new Date(2025, 6, 2, 22, 38, 2).getTime()],
  ];

for (const [id, directory, file, below, status, created] of CASES) {
  Deno.test(`adopt says ${status} of ${id}, and when it began`, async () => {
    await using volume = await openTestVolume();
    volume.fill(id, { "a.txt": "x" });
    volume.fill(`${id}/sub`, { "b.txt": "x" });
    age(volume, `${id}/sub/b.txt`, below);
    age(volume, `${id}/sub`, 120);
    age(volume, `${id}/a.txt`, file);
    age(volume, id, directory);
    const task = adopt(volume.trainingData, id, NOW);
    assert.deepEqual([task.task_id, task.created_by, task.status, task.created_at, task.started_at], [
      id,
      "system",
      status,
      created,
      created,
    ]);
    const newest = NOW - Math.min(directory, file) * MINUTE;
    assert.equal(task.completed_at, status === "running" ? null : Math.max(created, newest));
    assert.deepEqual([task.directory_exists, task.directory_size_bytes, task.updated_at], [1, null, null]);
  });
}

Deno.test("adopt never completes a task before it began, whatever its files' times say", async () => {
  await using volume = await openTestVolume();
  volume.fill("task_20300101_000000");
  age(volume, "task_20300101_000000", 120);
  const task = adopt(volume.trainingData, "task_20300101_000000", NOW);
  assert.equal(task.completed_at, new Date(2030, 0, 1).getTime());
});

Deno.test("adopt throws for a directory that is gone", async () => {
  await using volume = await openTestVolume();
  assert.throws(() => adopt(volume.trainingData, "gone", NOW), Deno.errors.NotFound);
  assert.equal(STILL_RUNNING_MS, 60 * MINUTE);
});
