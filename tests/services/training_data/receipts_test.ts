import assert from "node:assert/strict";
import { type Receipt, Receipts } from "../../../services/training_data/receipts.ts";
import { emptyMeasure } from "../../../services/training_data/tree_measure.ts";
import { assertLike } from "../../_support/scenarios.ts";

function receipt(deletion_id: string): Receipt {
  return {
    deletion_id,
    task_id: `task_${deletion_id}`,
    requested_at: 1000,
    who: "w",
    request_id: "r",
    job_id: null,
    delete_database_records: true,
    force: false,
    record: { task_name: "名字" },
    steps: [{ step_name: "one" }],
  };
}

const numbersOf = (deletion_id: string, files: number) => ({
  deletion_id,
  measure: { ...emptyMeasure(), files, bytes: files * 5 },
});

function receiptsIn(trash: string, assertTrash = () => {}): Receipts {
  return new Receipts({ trash, assertTrash, makeSpace: () => false });
}

async function inTrash(body: (trash: string, open: () => Receipts) => Promise<void>): Promise<void> {
  const trash = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  try {
    await body(trash, () => receiptsIn(trash));
  } finally {
    Deno.removeSync(trash, { recursive: true });
  }
}

const names = (trash: string) => [...Deno.readDirSync(trash)].map((entry) => entry.name).sort();

Deno.test("Receipts are found by the next start, with the numbers that were added", async () => {
  await inTrash(async (trash, open) => {
    const receipts = open();
    await receipts.write([receipt("0-1"), receipt("0-2")]);
    await receipts.addNumbers([numbersOf("0-2", 3)]);
    assert.deepEqual(names(trash), [".receipt-0-1.jsonl"]);
    assert.equal(Deno.statSync(`${trash}/.receipt-0-1.jsonl`).mode! & 0o777, 0o600);
    assertLike(open().load(), [
      { ...receipt("0-1"), numbers: (numbers: unknown) => numbers === null },
      { ...receipt("0-2"), numbers: { files: 3, bytes: 15 } },
    ]);
  });
});

Deno.test("Receipts of a chunk go with the last of its deletions, also those that a start found", async () => {
  await inTrash(async (trash, open) => {
    const receipts = open();
    await receipts.write([receipt("0-1"), receipt("0-2")]);
    await receipts.write([receipt("0-3")]);
    receipts.drop(["0-1", "nobody"]);
    assert.equal(names(trash).length, 2);
    receipts.drop(["0-3"]);
    const next = open();
    next.load();
    next.drop(["0-1"]);
    assert.deepEqual(names(trash), [".receipt-0-1.jsonl"]);
    next.drop(["0-2"]);
    assert.deepEqual(names(trash), []);
  });
});

Deno.test("Receipts read what a crash cut off up to the last whole line, and nothing makes none", async () => {
  await inTrash(async (trash, open) => {
    const receipts = open();
    await receipts.write([]);
    assert.deepEqual(names(trash), []);
    await receipts.write([receipt("0-1")]);
    const path = `${trash}/.receipt-0-1.jsonl`;
    const whole = Deno.readFileSync(path);
    await receipts.addNumbers([numbersOf("0-1", 3)]);
    const both = Deno.readFileSync(path);
    for (const length of [whole.length, whole.length + 1, both.length - 1]) {
      Deno.writeFileSync(path, both.subarray(0, length));
      const [found, ...others] = open().load();
      assert.deepEqual([found?.deletion_id, found?.numbers, others], ["0-1", null, []], `${length} bytes`);
    }
    Deno.writeFileSync(path, whole.subarray(0, whole.length - 1));
    assert.deepEqual(open().load(), []);
    assert.deepEqual(names(trash), [], "one that says nothing goes");
  });
});

Deno.test("Receipts that cannot be written do not stop the deletion, and none are written to a stranger's trash", async () => {
  await inTrash(async (trash, open) => {
    Deno.writeTextFileSync(`${trash}/.receipt-0-1.jsonl`, "");
    const receipts = open();
    await receipts.write([receipt("0-1")]);
    await receipts.addNumbers([numbersOf("0-1", 3)]);
    const strange = receiptsIn(trash, () => {
      throw new Error("another's trash");
    });
    const before = names(trash);
    await strange.write([receipt("0-2")]);
    assert.deepEqual(names(trash), before);
    assert.throws(() => strange.load(), /another's trash/);
  });
});
