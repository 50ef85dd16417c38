/** A database that went back in time (a restored backup) is mended by the receipts beside the trash entries. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { DeletionStep } from "../../../domain/deletion_states.ts";
import { boot, call, exists, V0 } from "../../_harness.ts";
import { startProcess } from "../../_process.ts";
import { register } from "../../_support/scenarios.ts";

const LONG_AGO = new Date("2025-01-01T00:00:00Z");

interface Scenario {
  name: string;
  /** Where the first run is killed. */
  step: DeletionStep;
  records: boolean;
  /** Makes the intent rows again, as a backup from just after the claim has them. */
  keepsIntents?: boolean;
  /** Something else stands at the place of task_a by then. */
  isTaken?: boolean;
  /** The removal had begun: a.txt is gone. */
  isHalfGone?: boolean;
  expected: {
    isInPlace: boolean;
    outcome: string;
    bytes: number | null;
    record: "there" | "gone" | "deleted";
    error?: RegExp;
  };
}

const SCENARIOS: Scenario[] = [
  {
    name: "the intent is lost, the directory in the trash: put back",
    step: "synced",
    records: false,
    expected: { isInPlace: true, outcome: "released", bytes: null, record: "there" },
  },
  {
    name: "the intent is lost and records were to go: put back, record and all",
    step: "recorded",
    records: true,
    expected: { isInPlace: true, outcome: "released", bytes: null, record: "there" },
  },
  {
    name: "the intent is lost, the place is taken by now: kept whole",
    step: "synced",
    records: false,
    isTaken: true,
    expected: { isInPlace: true, outcome: "stranded", bytes: null, record: "there" },
  },
  {
    name: "the whole deletion is lost, the bytes are gone: purged, with the receipt's numbers",
    step: "purged",
    records: false,
    expected: { isInPlace: false, outcome: "purged", bytes: 5, record: "gone" },
  },
  {
    name: "the whole deletion is lost, the bytes are gone, and records were to go",
    step: "purged",
    records: true,
    expected: { isInPlace: false, outcome: "purged", bytes: 5, record: "deleted" },
  },
  {
    name: "only the record of it is lost, the bytes are gone: never released",
    step: "purged",
    records: true,
    keepsIntents: true,
    expected: { isInPlace: false, outcome: "purged", bytes: 5, record: "deleted" },
  },
  {
    name: "only the record of it is lost, a part of the bytes is gone: purged, with the receipt's numbers",
    step: "recorded",
    records: true,
    keepsIntents: true,
    isHalfGone: true,
    expected: { isInPlace: false, outcome: "purged", bytes: 5, record: "deleted" },
  },
  {
    name: "the whole deletion is lost, a part of the bytes is gone: the rest is put back, and called that",
    step: "recorded",
    records: false,
    isHalfGone: true,
    expected: {
      isInPlace: false,
      outcome: "released",
      bytes: null,
      record: "there",
      error: /^what is left of it/,
    },
  },
];

/** A folder with two tasks whose records a first run has made; returns the database as it was then. */
async function prepare(folder: string): Promise<Uint8Array> {
  for (const id of ["task_a", "other"]) {
    const place = `${folder}/training_data/${id}`;
    Deno.mkdirSync(place, { recursive: true });
    Deno.writeTextFileSync(`${place}/a.txt`, "12345");
    Deno.writeTextFileSync(`${place}/empty.txt`, "");
    for (const path of [`${place}/a.txt`, `${place}/empty.txt`, place]) {
      Deno.utimeSync(path, LONG_AGO, LONG_AGO);
    }
  }
  await using server = await startProcess({ args: [], cwd: folder });
  server.kill("SIGTERM");
  assert.equal((await server.status).code, 0);
  return Deno.readFileSync(`${folder}/pipekeep.db`);
}

async function crash(folder: string, { step, records }: Scenario): Promise<void> {
  await using server = await startProcess({
    args: [],
    cwd: folder,
    entry: { file: "_crash_server.ts", args: [step, "1"], permissions: ["--allow-run"] },
  });
  const body = JSON.stringify({ task_ids: ["task_a"], confirm: true, delete_database_records: records });
  const request = fetch(`${server.url}${V0}/tasks`, { method: "DELETE", body });
  await assert.rejects(request.then((response) => response.text()));
  await server.status;
}

function restore(folder: string, backup: Uint8Array, { keepsIntents, records }: Scenario): void {
  for (const suffix of ["-wal", "-shm"]) {
    if (exists(`${folder}/pipekeep.db${suffix}`)) Deno.removeSync(`${folder}/pipekeep.db${suffix}`);
  }
  Deno.writeFileSync(`${folder}/pipekeep.db`, backup);
  if (!keepsIntents) return;
  const [receipt] = receiptsIn(folder);
  const id = /^\.receipt-(.*)\.jsonl$/.exec(receipt!)![1]!;
  const database = new DatabaseSync(`${folder}/pipekeep.db`);
  database.prepare(
    `INSERT INTO deletions (deletion_id, task_id, state, who, request_id, delete_database_records, force, requested_at)
     VALUES (?, 'task_a', 'intent', 'w', 'r', ?, 0, 1)`,
  ).run(id, records ? 1 : 0);
  database.close();
}

function receiptsIn(folder: string): string[] {
  return [...Deno.readDirSync(`${folder}/training_data/.pipekeep-trash`)].map((entry) => entry.name)
    .filter((name) => name.startsWith(".receipt-"));
}

for (const scenario of SCENARIOS) {
  Deno.test(`Receipts: ${scenario.name}`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "pipekeep_receipts_" });
    try {
      const backup = await prepare(folder);
      await crash(folder, scenario);
      assert.equal(receiptsIn(folder).length, 1);
      restore(folder, backup, scenario);
      const place = `${folder}/training_data/task_a`;
      if (scenario.isTaken) {
        Deno.mkdirSync(place);
        Deno.writeTextFileSync(`${place}/a.txt`, "new");
      }
      if (scenario.isHalfGone) {
        const [, id] = /^\.receipt-(.*)\.jsonl$/.exec(receiptsIn(folder)[0]!)!;
        Deno.removeSync(`${folder}/training_data/.pipekeep-trash/${id}/a.txt`);
      }
      const { isInPlace, outcome, bytes, record, error = /^/ } = scenario.expected;
      // Twice: what the first start did, the second finds done.
      for (let start = 0; start < 2; start++) {
        await using server = await startProcess({ args: [], cwd: folder });
        assert.equal(exists(`${place}/a.txt`), isInPlace);
        const { status, body } = await call(server.url, "GET", `${V0}/tasks/task_a`);
        if (record === "deleted") assert.equal(status, 404);
        else assert.equal(body.data.directory_exists, record === "there");
        const log = (await call(server.url, "GET", `${V0}/deletions?task_id=task_a`)).body.data.deletions;
        assert.deepEqual(
          log.map((row: Record<string, unknown>) => [row.outcome, row.deleted_size_bytes]),
          [[outcome, bytes]],
        );
        assert.match(log[0].error ?? "", error);
      }
      // What is whole in the trash still needs its receipt.
      assert.equal(receiptsIn(folder).length, outcome === "stranded" ? 1 : 0);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

Deno.test("Receipts go when the end of a deletion is durable, and one that was cut off says nothing", async () => {
  await using harness = await boot();
  await register(harness, "task_a", "other");
  harness.fill("task_a", { "a.txt": "12345" });
  await harness.call("DELETE", `${V0}/tasks`, {
    task_ids: ["task_a"],
    confirm: true,
    delete_database_records: true,
  });
  assert.deepEqual(receiptsIn(harness.folder), []);
  await harness.app.stop();
  const cut = `${harness.trainingData}/.pipekeep-trash/.receipt-0d-1.jsonl`;
  Deno.writeTextFileSync(cut, '{"receipts":[{"deletion_id":"0d-1","task_id":"oth');
  await harness.restart();
  assert.equal(exists(cut), false);
  assert.ok(exists(`${harness.trainingData}/other`));
});
